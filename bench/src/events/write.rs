//! Writing an event as its client sends it. By hand into one buffer, since every event that is sent
//! costs this on the cores that the server wants.

use std::ops::Range;

use evident_activity::names::{PEOPLE, person};
use evident_activity::random::{Random, mix};
use evident_event::id::EventId;
use evident_event::time::Timestamp;

use super::metadata::Piece;
use super::words::{ADJECTIVES, FILLER, NOUNS};
use super::{ACTOR_TYPES, Draw, Events, MODELS, Phase, RESULTS, USER_AGENTS, purpose};

const HOUR_MICROS: i64 = 3_600_000_000;
/// About what an event needs.
const USUAL_BYTES: usize = 700;
/// Words of the sentence in a request's body.
const SENTENCE_WORDS: usize = 16;
/// The bytes of `2026-02-13T10:28:22.120`.
const MILLIS_TEXT_BYTES: usize = 23;

/// Whether events say their own id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// Half of them do. Sending one again gives a duplicate.
    Half,
    /// None does, so that each time it is sent it is a new one.
    None,
}

impl Events {
    /// Appends an event's JSON.
    pub fn write(&self, draw: &Draw, ids: Ids, out: &mut Vec<u8>) {
        // The attempt and its outcome say the same about where they came from.
        let mut random = Random::of(self.seed, purpose::REST, draw.core);
        out.push(b'{');
        if draw.id_given && ids == Ids::Half {
            put(out, "\"id\":\"");
            out.extend_from_slice(&self.id(draw).to_ascii());
            put(out, "\",");
        }
        let entry = self.action(draw).entry;
        put(out, "\"action\":\"");
        put(out, &entry.action);
        put(out, "\",\"occurred_at\":\"");
        put_time(out, draw);
        put(out, "\",\"actor\":");
        put(out, &self.actor_texts[draw.actor as usize]);
        if draw.actor_type() == 1 {
            let principal = self.actors[0].pick(mix(u64::from(draw.actor) * 8 + random.below(8)));
            put(out, ",\"on_behalf_of\":[");
            put(out, &self.actor_texts[principal as usize]);
            out.push(b']');
        }
        put(out, ",\"targets\":[");
        self.put_targets(out, draw, &mut random);
        out.push(b']');
        if let Some(project) = draw.project {
            put(out, ",\"project_id\":\"");
            put_project(out, project);
            out.push(b'"');
        }
        self.put_result(out, draw, &mut random);
        self.put_context(out, draw, &mut random);
        self.put_metadata(out, draw, &mut random);
        let changes = ["updat", "chang", "edit", "modif"];
        if changes.iter().any(|part| entry.action.contains(part)) && random.in_thousand(500) {
            put_changes(out, &mut random);
        }
        if random.in_thousand(200) {
            self.put_request(out, draw, &mut random);
        }
        out.push(b'}');
    }

    /// The body of a request with these events, and the content type that says what it is.
    pub fn body(&self, numbers: Range<u64>, ids: Ids) -> (Vec<u8>, &'static str) {
        let mut body = Vec::with_capacity((numbers.end - numbers.start) as usize * USUAL_BYTES);
        if numbers.end - numbers.start == 1 {
            self.write(&self.draw(numbers.start), ids, &mut body);
            return (body, "application/json");
        }
        for number in numbers {
            self.write(&self.draw(number), ids, &mut body);
            body.push(b'\n');
        }
        (body, "application/x-ndjson")
    }

    /// The id that its client gave, if it gave one: a UUIDv7 of the time at which it happened.
    pub fn id(&self, draw: &Draw) -> EventId {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&mix(draw.number ^ (self.seed << 48)).to_le_bytes());
        bytes[8..].copy_from_slice(&(draw.number as u16).to_le_bytes());
        EventId::v7(draw.occurred_at, bytes)
    }

    /// The trace of the event with that number, if it is traced.
    pub fn trace_id(&self, number: u64) -> String {
        text_of(|out| self.put_trace(out, number))
    }

    fn put_trace(&self, out: &mut Vec<u8>, number: u64) {
        put_hex(out, mix(number.wrapping_mul(3) ^ self.seed), 16);
        put_hex(out, mix(number.wrapping_mul(5) ^ self.seed), 16);
    }

    /// The id of a target of an action's events.
    pub fn target_id(&self, action: u16, target: u32) -> String {
        text_of(|out| self.put_target_id(out, action, target))
    }

    fn put_targets(&self, out: &mut Vec<u8>, draw: &Draw, random: &mut Random) {
        put(out, "{\"type\":\"");
        put(out, self.target_type(draw.action));
        put(out, "\",\"id\":\"");
        self.put_target_id(out, draw.action, draw.target);
        put(out, "\",\"name\":\"");
        put_target_name(out, draw.target);
        put(out, "\"}");
        if random.in_thousand(80) {
            put(out, ",{\"type\":\"team\",\"id\":\"team_");
            put_hex(out, random.below(400), 3);
            put(out, "\"}");
        }
    }

    fn put_target_id(&self, out: &mut Vec<u8>, action: u16, target: u32) {
        put(out, self.target_type(action));
        out.push(b'_');
        put_hex(out, u64::from(target), 4);
    }

    fn put_result(&self, out: &mut Vec<u8>, draw: &Draw, random: &mut Random) {
        // What succeeded is often not said to have.
        if draw.result > 0 || random.in_thousand(300) {
            put(out, ",\"result\":\"");
            put(out, RESULTS[draw.result as usize]);
            out.push(b'"');
        }
        match draw.result {
            1 => put(out, ",\"reason\":\"The service did not answer in time\""),
            2 => put(out, ",\"reason\":\"The role lacks the permission\""),
            _ => {}
        }
        let phase = match draw.phase {
            Phase::Alone => return,
            Phase::Attempt { .. } => "attempt",
            Phase::Outcome => "outcome",
        };
        put(out, ",\"phase\":\"");
        put(out, phase);
        put(out, "\",\"attempt_id\":\"att_");
        put_hex(out, mix(draw.core ^ (self.seed << 40)), 16);
        out.push(b'"');
    }

    fn put_context(&self, out: &mut Vec<u8>, draw: &Draw, random: &mut Random) {
        // A few addresses for each actor; one session an hour.
        let place = mix(u64::from(draw.actor) * 3 + random.below(3));
        put(out, ",\"context\":{\"ip\":\"10.");
        put_number(out, place >> 8 & 0xff);
        out.push(b'.');
        put_number(out, place >> 16 & 0xff);
        out.push(b'.');
        put_number(out, place >> 24 & 0xff);
        put(out, "\",\"user_agent\":\"");
        let user_agent = mix(u64::from(draw.actor)) % USER_AGENTS;
        put(out, &self.user_agents[user_agent as usize]);
        put(out, "\",\"session_id\":\"ses_");
        let hour = draw.occurred_at / HOUR_MICROS;
        put_hex(out, mix(hour as u64 ^ (u64::from(draw.actor) << 32)), 16);
        if draw.traced {
            put(out, "\",\"trace_id\":\"");
            self.put_trace(out, draw.number);
            put(out, "\",\"span_id\":\"");
            put_hex(out, mix(draw.number.wrapping_mul(7)), 16);
        }
        put(out, "\"}");
    }

    fn put_metadata(&self, out: &mut Vec<u8>, draw: &Draw, random: &mut Random) {
        let before = out.len();
        put(out, ",\"metadata\":{");
        let empty = out.len();
        for piece in &self.action(draw).metadata {
            self.put_piece(out, piece, draw, random);
        }
        if let Some(team) = draw.team {
            put(out, "\"team\":\"team-");
            put_number(out, u64::from(team));
            put(out, "\",\"input_count\":");
            put_number(out, random.below(2000));
            out.push(b',');
        }
        if out.len() == empty {
            out.truncate(before);
        } else {
            // In place of the last comma.
            out.pop();
            out.push(b'}');
        }
    }

    fn put_piece(&self, out: &mut Vec<u8>, piece: &Piece, draw: &Draw, random: &mut Random) {
        match piece {
            Piece::Text(text) => put(out, text),
            Piece::ModelId => put_model(out, draw.model),
            Piece::ModelName => {
                put(
                    out,
                    ["Atlas ", "Borealis ", "Cygnus ", "Draco "][draw.model as usize % 4],
                );
                put_number(out, u64::from(draw.model));
            }
            Piece::TargetId => self.put_target_id(out, draw.action, draw.target),
            Piece::TargetName => put_target_name(out, draw.target),
            Piece::Hex(end) => put_hex(out, random.below(*end), 3),
            Piece::Number(end) => put_number(out, random.below(*end)),
            Piece::OneOf(texts) => put(out, texts[random.below(texts.len() as u64) as usize]),
            Piece::Credential => {
                put(out, "tok_");
                put_hex(out, random.next(), 16);
                put_hex(out, random.next(), 16);
            }
        }
    }

    fn put_request(&self, out: &mut Vec<u8>, draw: &Draw, random: &mut Random) {
        let (method, status) = match (random.below(4), draw.result) {
            (_, 1) => ("POST", 503),
            (_, 2) => ("POST", 403),
            (0, _) => ("PUT", 200),
            (1, _) => ("PATCH", 200),
            _ => ("POST", 201),
        };
        put(out, ",\"request\":{\"method\":\"");
        put(out, method);
        put(out, "\",\"path\":\"/api/v2/");
        put(out, self.target_type(draw.action));
        put(out, "s/");
        self.put_target_id(out, draw.action, draw.target);
        put(out, "\",\"status\":");
        put_number(out, status);
        put(out, ",\"body\":{\"name\":\"");
        put_target_name(out, draw.target);
        put(out, "\",\"instructions\":\"");
        for word in 0..SENTENCE_WORDS {
            if word > 0 {
                out.push(b' ');
            }
            put(out, FILLER[random.below(FILLER.len() as u64) as usize]);
        }
        put(out, ".\",\"settings\":{\"model\":\"");
        put_model(out, draw.model);
        put(out, "\",\"temperature\":0.");
        put_number(out, 1 + random.below(9));
        put(out, ",\"max_output\":");
        put_number(out, 256 << random.below(5));
        put(out, ",\"retries\":3,\"stream\":true,\"timeout_seconds\":");
        put_number(out, 10 * (1 + random.below(12)));
        put(out, "},\"labels\":[\"tier-");
        put_number(out, random.below(4));
        put(out, "\",\"region-");
        put_number(out, random.below(12));
        put(out, "\"],\"revision\":");
        put_number(out, random.below(200));
        put(out, ",\"dry_run\":false}}");
    }
}

/// The JSON of an actor.
pub fn actor_text(actor: u32) -> String {
    let id = actor_id(actor);
    let name = actor_name(actor);
    if (actor as usize) < PEOPLE {
        let (first, last) = person(actor);
        let email = format!("{first}.{last}@example.com").to_lowercase();
        return format!(r#"{{"type":"user","id":"{id}","name":"{name}","email":"{email}"}}"#);
    }
    format!(
        r#"{{"type":"{}","id":"{id}","name":"{name}"}}"#,
        actor_type(actor)
    )
}

fn actor_type(actor: u32) -> &'static str {
    ACTOR_TYPES[super::actor_type(actor)]
}

pub fn actor_id(actor: u32) -> String {
    let prefix = ["usr", "agt", "key", "job"][super::actor_type(actor)];
    format!("{prefix}_{actor:06}")
}

pub fn actor_name(actor: u32) -> String {
    let kind = match super::actor_type(actor) {
        0 => {
            let (first, last) = person(actor);
            return format!("{first} {last}");
        }
        1 => "Assistant",
        2 => "Deploy key",
        _ => "Scheduled job",
    };
    format!("{kind} {}", actor as usize - PEOPLE)
}

pub fn project_id(project: u16) -> String {
    text_of(|out| put_project(out, project))
}

pub fn model_id(model: u16) -> String {
    debug_assert!((model as usize) < MODELS);
    text_of(|out| put_model(out, model))
}

/// The two words that a target's name begins with, as places in [`ADJECTIVES`] and [`NOUNS`].
pub const fn target_words(target: u32) -> (usize, usize) {
    let bits = mix(target as u64);
    (
        (bits % ADJECTIVES.len() as u64) as usize,
        ((bits >> 32) % NOUNS.len() as u64) as usize,
    )
}

pub fn user_agent(number: u64) -> String {
    match number % 3 {
        0 => format!("Mozilla/5.0 (X11; Linux x86_64) Chrome/{}.0", 120 + number),
        1 => format!("Mozilla/5.0 (Macintosh; Intel Mac OS X) Version/17.{number}"),
        _ => format!("platform-sdk-python/2.{number}.0"),
    }
}

fn text_of(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

fn put_project(out: &mut Vec<u8>, project: u16) {
    put(out, "prj_");
    put_hex(out, u64::from(project), 4);
}

fn put_model(out: &mut Vec<u8>, model: u16) {
    put(out, "mdl_");
    put_hex(out, u64::from(model), 4);
}

fn put_target_name(out: &mut Vec<u8>, target: u32) {
    let (adjective, noun) = target_words(target);
    put(out, ADJECTIVES[adjective]);
    out.push(b' ');
    put(out, NOUNS[noun]);
    out.push(b' ');
    put_number(out, u64::from(target));
}

fn put_time(out: &mut Vec<u8>, draw: &Draw) {
    let text = Timestamp::from_micros(draw.occurred_at).to_ascii();
    if draw.knows_micros() {
        out.extend_from_slice(&text);
    } else {
        out.extend_from_slice(&text[..MILLIS_TEXT_BYTES]);
        out.push(b'Z');
    }
}

fn put_changes(out: &mut Vec<u8>, random: &mut Random) {
    let fields = [
        "threshold",
        "instructions_version",
        "max_replicas",
        "owner_count",
    ];
    put(out, ",\"changes\":[{\"field\":\"");
    put(out, fields[random.below(fields.len() as u64) as usize]);
    put(out, "\",\"old\":");
    put_number(out, random.below(90));
    put(out, ",\"new\":");
    put_number(out, random.below(90));
    put(out, "}]");
}

/// The lowest so many hexadecimal digits.
fn put_hex(out: &mut Vec<u8>, number: u64, digits: u32) {
    for digit in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(number >> (4 * digit) & 0xf) as usize]);
    }
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}
