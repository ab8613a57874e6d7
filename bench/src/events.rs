//! Events to send: deterministic, of about 600 bytes as sent, told apart by actor, target and time.

use std::fmt::Write;

/// Makes events, the same ones for the same seed.
pub struct Events(u64);

const ACTIONS: [&str; 8] = [
    "user.login",
    "role.created",
    "prompt.updated",
    "model_configuration.updated",
    "dataset.created",
    "project_member.added",
    "evaluation.created",
    "experiment.created",
];

impl Events {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Appends one event's JSON.
    pub fn write(&mut self, out: &mut String) {
        let number = self.next();
        // A few actors and projects act most of the time.
        let skewed = |bits: u64, many: u64| (bits % many).min(bits / many % many);
        let actor = skewed(self.next(), 5_000);
        let project = skewed(self.next(), 200);
        let action = ACTIONS[(number % 8) as usize];
        let (month, day) = (number / 8 % 12 + 1, number / 96 % 28 + 1);
        let (hour, minute, micros) = (number / 2688 % 24, number / 64_512 % 60, number % 1_000_000);
        let _ = write!(
            out,
            r#"{{"action":"{action}","occurred_at":"2025-{month:02}-{day:02}T{hour:02}:{minute:02}:07.{micros:06}Z","actor":{{"type":"user","id":"usr_{actor:06}","name":"Person Number {actor}","email":"person{actor}@example.com"}},"targets":[{{"type":"resource","id":"res_{number:016x}","name":"Resource {number:x}"}}],"project_id":"prj_{project:04}","result":"success","context":{{"ip":"203.0.113.{}","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","session_id":"ses_{number:x}"}},"metadata":{{"region":"eu-central-1","plan":"team","environment":"production","service":"control-plane-api","attempts":{}}}}}"#,
            actor % 256,
            number % 5
        );
    }

    /// The body of a request with so many events, and the content type that says what it is.
    pub fn body(&mut self, events: usize) -> (String, &'static str) {
        let mut body = String::with_capacity(events * 700);
        if events == 1 {
            self.write(&mut body);
            return (body, "application/json");
        }
        for _ in 0..events {
            self.write(&mut body);
            body.push('\n');
        }
        (body, "application/x-ndjson")
    }
}
