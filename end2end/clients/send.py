"""Sends events with the official Python client, unchanged but for the host: send.py ORIGIN KEY SECRET"""

import sys

import mparticle

origin, key, secret = sys.argv[1:]
configuration = mparticle.Configuration()
configuration.host = origin + "/v2"
configuration.api_key = key
configuration.api_secret = secret
api = mparticle.EventsApi(configuration)


def batch(customer, idfv, status):
    made = mparticle.Batch()
    made.environment = "production"
    made.user_identities = mparticle.UserIdentities()
    made.user_identities.customerid = customer
    made.device_info = mparticle.DeviceInformation()
    made.device_info.ios_idfv = idfv
    made.device_info.os_version = "17.5"
    made.device_info.att_authorization_status = status
    made.device_info.att_timestamp_unixtime_ms = 1614121622175
    made.user_attributes = {"plan": "free", "favourites": ["a", "b"]}
    event = mparticle.AppEvent("Hello World", "navigation")
    event.timestamp_unixtime_ms = 1614121622175
    made.events = [mparticle.SessionStartEvent(), event]
    return made


api.upload_events(batch("python-1", "11111111-0000-4000-8000-000000000001", "authorized"))
api.bulk_upload_events(
    [
        batch("python-2", "11111111-0000-4000-8000-000000000002", "denied"),
        batch("python-3", "11111111-0000-4000-8000-000000000003", "not_determined"),
    ]
)
print("sent")
