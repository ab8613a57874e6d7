//! Second factors, by a real server's clock.

use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use super::sessions::events_of;
use crate::harness::people::{Cookies, FOUNDER, Signed};
use crate::harness::{Directory, Server};

fn step() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs() / 30
}

/// The code of a step, as an authenticator app computes it.
fn code(secret: &str, step: u64) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = secret
        .chars()
        .map(|c| format!("{:05b}", alphabet.find(c).unwrap()))
        .collect();
    let bytes: Vec<u8> = (0..bits.len() / 8)
        .map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).unwrap())
        .collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes).unwrap();
    mac.update(&step.to_be_bytes());
    let tag = mac.finalize().into_bytes();
    let at = usize::from(tag[19] & 15);
    let word = u32::from_be_bytes(tag[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

/// Takes a second factor into use. Gives its secret, the code that did it, and the recovery codes.
fn set_up(signed: &Signed<'_>) -> (String, String, Vec<String>) {
    let password = json!({"password": FOUNDER.1});
    let begun = signed
        .request("POST", "/v1/auth/totp", Some(&password))
        .expect(200);
    let secret = begun["secret"].as_str().unwrap().to_owned();
    let uri = begun["uri"].as_str().unwrap();
    assert!(
        uri.starts_with("otpauth://totp/") && uri.contains(&secret),
        "{uri}"
    );
    let first_code = code(&secret, step());
    let first = json!({"code": first_code});
    let told = signed
        .request("POST", "/v1/auth/totp/confirm", Some(&first))
        .expect(200);
    let codes = told["recovery_codes"].as_array().unwrap().iter();
    let codes: Vec<String> = codes
        .map(|code| code.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 10);
    (secret, first_code, codes)
}

fn with_code(code: &str) -> Value {
    json!({"email": FOUNDER.0, "password": FOUNDER.1, "code": code})
}

fn statuses(server: &Server, cookies: &Cookies, credentials: &Value, at_once: usize) -> Vec<u16> {
    thread::scope(|scope| {
        let tries: Vec<_> = (0..at_once)
            .map(|_| scope.spawn(|| server.try_sign_in_with(cookies, credentials, &[]).status))
            .collect();
        tries
            .into_iter()
            .map(|tried| tried.join().unwrap())
            .collect()
    })
}

#[test]
fn a_code_is_needed_beside_the_right_password_alone_and_works_once() {
    let directory = Directory::init();
    let server = directory.serve();
    let ada = server.founder();
    let known = ada.cookies();
    let (secret, first, recovery) = set_up(&ada);
    assert_eq!(
        ada.get("/v1/auth/session").expect(200)["user"]["second_factor"],
        true
    );
    let without = json!({"email": FOUNDER.0, "password": FOUNDER.1});
    server
        .try_sign_in_with(&known, &without, &[])
        .problem(401, "second_factor_needed");
    let wrong = json!({"email": FOUNDER.0, "password": "wrong", "code": code(&secret, step())});
    server
        .try_sign_in_with(&known, &wrong, &[])
        .problem(401, "sign_in_refused");
    // Not the one that confirmed it.
    let used = with_code(&first);
    server
        .try_sign_in_with(&known, &used, &[])
        .problem(401, "sign_in_refused");
    // The same code from several connections at once lets one in.
    let credentials = with_code(&code(&secret, step() + 1));
    let mut answers = statuses(&server, &known, &credentials, 4);
    answers.sort_unstable();
    assert_eq!(answers, [200, 401, 401, 401]);
    // And so does a recovery code, however it is written.
    let recovery = recovery[0].replace('-', " ").to_uppercase();
    let mut answers = statuses(&server, &Cookies::default(), &with_code(&recovery), 3);
    answers.sort_unstable();
    assert_eq!(answers, [200, 401, 401]);
    // Whoever tries it with the right password alone has the password, which is worth a record.
    let is_told = |event: &Value| {
        event["result"] == "failed"
            && event["reason"] == "the password was right, and a code was missing"
    };
    assert!(events_of(&server, "user.login").iter().any(is_told));
    let methods: Vec<Value> = events_of(&server, "user.login")
        .iter()
        .filter(|event| event["result"] == "success")
        .map(|event| event["metadata"]["login_method"].clone())
        .collect();
    assert_eq!(
        methods,
        ["password+recovery_code", "password+totp", "password"]
    );
    let ends = events_of(&server, "settings.changed");
    assert_eq!(ends[0]["changes"][0]["field"], "second_factor");
    let kept = directory
        .rows("SELECT hex(totp_secret) FROM users")
        .join("")
        .to_lowercase();
    assert!(!kept.is_empty() && !kept.contains(&secret.to_lowercase()));
    let all = server.get("/v1/events?limit=200").expect(200).to_string();
    assert!(!all.contains(&secret) && !all.contains(&recovery));
}

#[test]
fn a_second_factor_ends_with_the_password_and_a_code() {
    let directory = Directory::init();
    let server = directory.serve();
    let ada = server.founder();
    let (_, _, recovery) = set_up(&ada);
    let body = |password: &str, code: &str| json!({"password": password, "code": code});
    let end = |body: &Value| ada.request("DELETE", "/v1/auth/totp", Some(body));
    end(&body("wrong", &recovery[0])).problem(403, "wrong_password");
    end(&body(FOUNDER.1, "000000")).problem(403, "wrong_code");
    let again = json!({"password": FOUNDER.1});
    ada.request("POST", "/v1/auth/totp", Some(&again))
        .problem(409, "second_factor_on");
    let renew = body(FOUNDER.1, &recovery[0]);
    let renewed = ada
        .request("POST", "/v1/auth/recovery-codes", Some(&renew))
        .expect(200);
    // Those that there were are worth nothing.
    end(&body(FOUNDER.1, &recovery[1])).problem(403, "wrong_code");
    let fresh = renewed["recovery_codes"][0].as_str().unwrap();
    assert_eq!(end(&body(FOUNDER.1, fresh)).status, 204);
    server.sign_in_with(
        &ada.cookies(),
        &json!({"email": FOUNDER.0, "password": FOUNDER.1}),
    );
}

#[test]
fn a_factor_that_was_begun_and_never_confirmed_is_not_asked_for() {
    let directory = Directory::init();
    let server = directory.serve();
    let ada = server.founder();
    let confirm = json!({"code": "123456"});
    let reply = ada.request("POST", "/v1/auth/totp/confirm", Some(&confirm));
    reply.problem(409, "second_factor_not_begun");
    let password = json!({"password": FOUNDER.1});
    ada.request("POST", "/v1/auth/totp", Some(&password))
        .expect(200);
    let reply = ada.request(
        "POST",
        "/v1/auth/totp/confirm",
        Some(&json!({"code": "no code"})),
    );
    reply.problem(403, "wrong_code");
    server.founder();
}
