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

/// Who has lost the app and every recovery code is helped by an admin.
#[test]
fn a_link_of_an_admin_ends_the_second_factor_if_it_was_made_for_that() {
    let directory = Directory::init();
    let bob = directory.add_person("bob@example.com", FOUNDER.1, "member");
    let server = directory.serve();
    set_up(&server.sign_in(&bob.email, FOUNDER.1));
    let path = format!("/v1/members/{}/password-reset", bob.id);
    let link = |asked: &Value| {
        let made = server.change("POST", &path, asked).expect(201);
        let link = made["link"].as_str().unwrap();
        link.split_once('#').unwrap().1.to_owned()
    };
    let choose = |token: &str, new: &str| {
        let sent = json!({"token": token, "new_password": new});
        server.browse(
            "POST",
            "/v1/auth/reset",
            &Cookies::default(),
            &[],
            Some(&sent),
        )
    };
    // One that leaves it cannot be turned into one that ends it.
    let plain = link(&json!({"end_second_factor": false}));
    assert!(plain.starts_with("evident_reset_"), "{plain}");
    let forged = plain.replace("_reset_", "_fullreset_");
    choose(&forged, "vivid otter lamp quarry").problem(403, "link_refused");
    assert_eq!(choose(&plain, "vivid otter lamp quarry").status, 204);
    server
        .try_sign_in(&bob.email, "vivid otter lamp quarry")
        .problem(401, "second_factor_needed");

    let full = link(&json!({"end_second_factor": true}));
    assert!(full.starts_with("evident_fullreset_"), "{full}");
    assert_eq!(choose(&full, "amber walrus kettle bay").status, 204);
    choose(&full, "another fine otter lamp").problem(403, "link_refused");
    let signed = server.sign_in(&bob.email, "amber walrus kettle bay");
    assert_eq!(signed.session["user"]["second_factor"], false);
    let kept = "SELECT cast(count(*) AS TEXT) FROM recovery_codes                 UNION ALL SELECT cast(count(totp_secret) AS TEXT) FROM users";
    assert_eq!(directory.rows(kept), ["0", "0"]);

    let told = events_of(&server, "settings.changed");
    let admin = server.organization.admin.split('_').nth(2).unwrap();
    let [ended, password, made] = [&told[0], &told[1], &told[2]];
    let change = json!([{"field": "second_factor", "old": true, "new": false}]);
    assert_eq!(ended["changes"], change);
    assert_eq!(ended["actor"]["id"], bob.id.as_str());
    for event in [ended, password] {
        assert_eq!(event["metadata"]["by"], "reset_link", "{event}");
        let maker = format!("key_{admin}");
        assert_eq!(event["metadata"]["link_made_by"], maker.as_str(), "{event}");
    }
    assert_eq!(made["metadata"]["ends_second_factor"], true);
    assert_eq!(
        told[4]["metadata"]["ends_second_factor"], false,
        "{told:#?}"
    );
    assert!(!json!(told).to_string().contains(&full));
}

#[test]
fn what_a_reset_link_is_to_do_is_read_strictly() {
    let directory = Directory::init();
    let bob = directory.add_person("bob@example.com", FOUNDER.1, "member");
    let server = directory.serve();
    let path = format!("/v1/members/{}/password-reset", bob.id);
    for wrong in [
        json!({"end_second_factor": "yes"}),
        json!({"second_factor": true}),
        json!([]),
    ] {
        let refused = server.change("POST", &path, &wrong);
        refused.problem(422, "invalid_document");
    }
    server.change("POST", &path, &json!({})).expect(201);
    assert_eq!(events_of(&server, "settings.changed").len(), 1);
}
