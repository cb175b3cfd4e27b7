//! The batches that are sent: 826 bytes each, like those of a mobile SDK's backend.

use std::io::Write;

/// Which devices report, and how far their reports got.
#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    /// The first device's number.
    pub first: u64,
    pub devices: u64,
    /// Told apart from other runs by this: ids of requests and times are never repeated.
    pub run: u64,
}

/// Bytes of a batch.
const SIZE: usize = 826;

const STATUSES: [&str; 4] = ["authorized", "denied", "not_determined", "restricted"];

impl Fleet {
    /// The batch with this number.
    pub fn write(&self, number: u64, to: &mut Vec<u8>) {
        let device = self.first + number % self.devices;
        let request = self.run << 40 | number;
        let mixed = mix(device);
        let status = STATUSES[[0, 0, 0, 1, 1, 1, 1, 2, 2, 3][((mixed ^ request) % 10) as usize]];
        let at = 1_780_000_000_000 + self.run * 86_400_000 + number;
        let begun = to.len();
        write!(
            to,
            "{{\"schema_version\":2,\"environment\":\"production\",\"source_request_id\":\"00000000-0000-4000-{:04x}-{:012x}\",\
             \"user_identities\":{{\"customer_id\":\"c{device:010}\"}},\"user_attributes\":{{\"$country\":\"US\",\"plan\":\"free\"}},\
             \"application_info\":{{\"application_name\":\"Demo\",\"application_version\":\"4.{}.1\",\"package\":\"com.example.demo\"}},\
             \"device_info\":{{\"platform\":\"iOS\",\"ios_idfv\":\"{:08x}-{:04x}-4000-8000-{device:012x}\",\"device_model\":\"iPhone15,3\",\
             \"os_version\":\"17.{}\",\"locale_country\":\"US\",\"locale_language\":\"en\",\"att_authorization_status\":\"{status}\",\
             \"att_timestamp_unixtime_ms\":{at}}},\"events\":[{{\"event_type\":\"custom_event\",\"data\":{{\"event_name\":\"att_prompt\",\
             \"timestamp_unixtime_ms\":{at},\"custom_attributes\":{{\"screen\":\"onboarding\",\
             \"variant\":\"b\",\"step\":\"3\"}}}}}}]",
            request >> 48,
            request & 0xffff_ffff_ffff,
            mixed % 20,
            mixed >> 32,
            mixed & 0xffff,
            mixed % 6,
        )
        .expect("memory");
        let padding = (SIZE - 1).checked_sub(to.len() - begun).expect("a batch that fits");
        to.extend(std::iter::repeat_n(b' ', padding));
        to.push(b'}');
    }
}

fn mix(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// A request of one batch.
pub fn single(path: &str, authorization: &str, fleet: Fleet) -> super::load::Make {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\ncontent-length: 826\r\n\r\n"
    );
    std::sync::Arc::new(move |number, to| {
        to.extend_from_slice(head.as_bytes());
        fleet.write(number, to);
    })
}

/// Batches of a bulk request.
pub const BULK: u64 = 100;

/// A request of that many.
pub fn bulk(authorization: &str, fleet: Fleet) -> super::load::Make {
    let length = BULK as usize * 826 + (BULK as usize - 1) + 2;
    let head = format!(
        "POST /v2/bulkevents HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    std::sync::Arc::new(move |number, to| {
        to.extend_from_slice(head.as_bytes());
        to.push(b'[');
        for at in 0..BULK {
            if at > 0 {
                to.push(b',');
            }
            fleet.write(number * BULK + at, to);
        }
        to.push(b']');
    })
}

/// A request with the JSON that is made for its number.
pub fn post(
    path: &str,
    authorization: &str,
    body: impl Fn(u64) -> String + Send + Sync + 'static,
) -> super::load::Make {
    let head = format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {authorization}\r\n");
    std::sync::Arc::new(move |number, to| {
        let body = body(number);
        to.extend_from_slice(head.as_bytes());
        to.extend_from_slice(
            format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes(),
        );
    })
}
