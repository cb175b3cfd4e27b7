// Sends events with the official Node client, unchanged but for the host: send.cjs ORIGIN KEY SECRET
const mParticle = require("mparticle");

const [origin, key, secret] = process.argv.slice(2);
const api = new mParticle.EventsApi(new mParticle.Configuration(key, secret));
api.apiClient.basePath = `${origin}/v2`;

function batch(customer, idfv, status) {
    const made = new mParticle.Batch(mParticle.Batch.Environment.production);
    made.user_identities = new mParticle.UserIdentities();
    // The client's own spelling.
    made.user_identities.customerid = customer;
    made.device_info = new mParticle.DeviceInformation();
    made.device_info.ios_idfv = idfv;
    made.device_info.os_version = "17.5";
    made.device_info.att_authorization_status = status;
    made.device_info.att_timestamp_unixtime_ms = 1614121622175;
    made.user_attributes = { "hair color": "brown" };
    made.addEvent(new mParticle.AppEvent(mParticle.AppEvent.CustomEventType.navigation, "Hello World"));
    return made;
}

const call = (method, body) =>
    new Promise((done, failed) =>
        api[method](body, (error, data, response) => (error ? failed(error) : done(response.statusCode))),
    );

const { authorized, denied } = mParticle.DeviceInformation.ATTAuthorizationStatus;
call("uploadEvents", batch("node-1", "22222222-0000-4000-8000-000000000001", authorized))
    // The client's enumeration has no name for this status.
    .then(() =>
        call("bulkUploadEvents", [
            batch("node-2", "22222222-0000-4000-8000-000000000002", denied),
            batch("node-3", "22222222-0000-4000-8000-000000000003", "not_determined"),
        ]),
    )
    .then(() => console.log("sent"))
    .catch((error) => {
        console.error(error);
        process.exit(1);
    });
