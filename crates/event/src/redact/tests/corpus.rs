//! Made-up secrets of every family, in the forms that real ones have.
//!
//! Prefix and rest are joined here, so that no file holds what a scanner takes for a leak.

/// A secret as it stands in a text.
pub(super) struct Sample {
    pub(super) family: &'static str,
    /// What announces it and stays.
    pub(super) before: String,
    /// What must not be kept.
    pub(super) secret: String,
    /// What closes it and stays.
    pub(super) after: &'static str,
}

impl Sample {
    pub(super) fn text(&self) -> String {
        format!("{}{}{}", self.before, self.secret, self.after)
    }
}

/// Letters and digits without end, the same each time.
fn letters(alphabet: &str, length: usize, seed: u64) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        alphabet[(state >> 33) as usize % alphabet.len()]
    };
    (0..length).map(next).collect()
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const URLSAFE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HEX: &str = "0123456789abcdef";
const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Tokens known by their prefix: the prefix, the alphabet of the rest, its length.
const PREFIXED: &[(&str, &str, usize)] = &[
    ("AKIA", BASE32, 16),
    ("ASIA", BASE32, 16),
    ("AIza", URLSAFE, 35),
    ("GOCSPX-", URLSAFE, 28),
    ("ya29.", URLSAFE, 120),
    ("ghp_", ALNUM, 36),
    ("gho_", ALNUM, 36),
    ("ghs_", ALNUM, 36),
    ("ghu_", ALNUM, 36),
    ("ghr_", ALNUM, 36),
    ("github_pat_11ABCDEFG0", ALNUM, 59),
    ("glpat-", URLSAFE, 20),
    ("glptt-", HEX, 40),
    ("gldt-", URLSAFE, 20),
    ("glrt-", URLSAFE, 20),
    ("xoxb-1234567890-1234567890123-", ALNUM, 24),
    ("xoxp-12345678901-", ALNUM, 32),
    ("xoxa-2-", ALNUM, 24),
    ("xoxr-", ALNUM, 24),
    ("xoxs-", ALNUM, 24),
    ("xapp-1-A012345-", HEX, 64),
    ("sk_live_", ALNUM, 24),
    ("sk_test_", ALNUM, 24),
    ("rk_live_", ALNUM, 24),
    ("rk_test_", ALNUM, 24),
    ("whsec_", ALNUM, 32),
    ("sk-", ALNUM, 48),
    ("sk-", HEX, 32),
    ("sk-proj-", ALNUM, 156),
    ("sk-svcacct-", ALNUM, 120),
    ("sk-admin-", ALNUM, 100),
    ("sk-or-v1-", HEX, 64),
    ("sk-ant-api03-", URLSAFE, 95),
    ("sk-ant-admin01-", URLSAFE, 95),
    ("sk-lf-", "0123456789abcdef", 36),
    ("hf_", ALNUM, 34),
    ("gsk_", ALNUM, 52),
    ("xai-", ALNUM, 80),
    ("pplx-", ALNUM, 48),
    ("r8_", ALNUM, 37),
    ("nvapi-", URLSAFE, 64),
    ("pcsk_", ALNUM, 70),
    ("lsv2_pt_", HEX, 43),
    ("dapi", HEX, 32),
    ("npm_", ALNUM, 36),
    ("pypi-AgEIcHlwaS5vcmc", URLSAFE, 150),
    ("rubygems_", HEX, 48),
    ("dckr_pat_", URLSAFE, 27),
    ("dop_v1_", HEX, 64),
    ("doo_v1_", HEX, 64),
    ("dor_v1_", HEX, 64),
    ("SK", HEX, 32),
    ("key-", HEX, 32),
    ("shpat_", HEX, 32),
    ("sq0atp-", URLSAFE, 22),
    ("hvs.", URLSAFE, 90),
    ("tskey-auth-", ALNUM, 30),
    ("sbp_", HEX, 40),
    ("glsa_", ALNUM, 41),
    ("lin_api_", ALNUM, 40),
    ("ntn_", ALNUM, 46),
    ("figd_", URLSAFE, 40),
    ("dp.pt.", ALNUM, 43),
    ("sntryu_", HEX, 64),
    ("NRAK-", BASE32, 27),
    ("ATATT3", URLSAFE, 180),
    ("AGE-SECRET-KEY-1", BASE32, 58),
    ("evident_ingest_0198c5f07c1e_", HEX, 64),
    ("evident_read_0198c5f07c1e_", HEX, 64),
    ("evident_admin_0198c5f07c1e_", HEX, 64),
];

/// Every sample.
pub(super) fn samples() -> Vec<Sample> {
    let mut samples: Vec<Sample> = PREFIXED
        .iter()
        .zip(1..)
        .map(|((prefix, alphabet, length), seed)| Sample {
            family: prefix,
            before: String::new(),
            secret: format!("{prefix}{}", letters(alphabet, *length, seed)),
            after: "",
        })
        .collect();
    samples.extend(structured());
    samples.extend(announced());
    samples.extend(cards());
    samples
}

fn bare(family: &'static str, secret: String) -> Sample {
    let before = String::new();
    Sample {
        family,
        before,
        secret,
        after: "",
    }
}

fn structured() -> Vec<Sample> {
    let jwt_head = concat!("eyJhbGciOiJIUzI1NiIs", "InR5cCI6IkpXVCJ9");
    let payload = concat!("eyJzdWIiOiIxMjM0NTY3", "ODkwIn0");
    let unsigned_head = concat!("eyJhbGciOiJub", "25lIn0");
    let signature = letters(URLSAFE, 43, 901);
    let pem = |label: &str, seed| {
        let body: Vec<String> = (0..6_u64)
            .map(|line| letters(ALNUM, 64, seed + line))
            .collect();
        let dashes = "-".repeat(5);
        format!(
            "{dashes}BEGIN {label}{dashes}\n{}\n{dashes}END {label}{dashes}",
            body.join("\n")
        )
    };
    let parts: Vec<String> = [24, 48, 16, 60, 22]
        .iter()
        .zip(910..)
        .map(|(length, seed)| letters(URLSAFE, *length, seed))
        .collect();
    vec![
        bare("jwt", format!("{jwt_head}.{payload}.{signature}")),
        bare("jwe", format!("{}{}", "eyJ", parts.join("."))),
        bare("unsigned jwt", format!("{unsigned_head}.{payload}.")),
        bare(
            "SendGrid",
            [
                "SG.",
                &letters(URLSAFE, 22, 5),
                ".",
                &letters(URLSAFE, 43, 6),
            ]
            .concat(),
        ),
        bare("rsa key", pem("RSA PRIVATE KEY", 920)),
        bare("pkcs8 key", pem("PRIVATE KEY", 930)),
        bare("ec key", pem("EC PRIVATE KEY", 940)),
        bare("ssh key", pem("OPENSSH PRIVATE KEY", 950)),
        bare("encrypted key", pem("ENCRYPTED PRIVATE KEY", 960)),
        bare("pgp key", pem("PGP PRIVATE KEY BLOCK", 970)),
    ]
}

fn after(family: &'static str, before: &str, secret: String, after: &'static str) -> Sample {
    let before = before.to_owned();
    Sample {
        family,
        before,
        secret,
        after,
    }
}

fn announced() -> Vec<Sample> {
    let random = |length, seed| letters(ALNUM, length, seed);
    let base64 = ["YWRhOm", "xvdmVsYWNl", "MTIz"].concat();
    vec![
        after(
            "Telegram",
            "https://api.telegram.org/bot123456789:",
            ["AA", &random(33, 7)].concat(),
            "/getMe",
        ),
        after("bearer", "Bearer ", random(40, 11), ""),
        after("small bearer", "bearer ", random(24, 12), ""),
        after("basic", "Basic ", base64, ""),
        after(
            "postgres",
            "postgres://svc:",
            random(12, 13),
            "@db.internal:5432/app",
        ),
        after("mysql", "mysql://root:", random(9, 14), "@10.0.0.7/app"),
        after("redis", "redis://:", random(16, 15), "@cache:6379/0"),
        after(
            "mongodb",
            "mongodb+srv://app:",
            "p@ss".to_owned() + &random(6, 16),
            "@c0.example.net/x",
        ),
        after("amqp", "amqps://worker:", random(20, 17), "@mq.example.com"),
        after(
            "https user",
            "https://",
            "x".to_owned() + &random(24, 18),
            "@git.example.com/a.git",
        ),
        after(
            "slack hook",
            "https://hooks.slack.com/services/",
            ["T0000AAAA/B0000BBBB/", &random(24, 19)].concat(),
            "",
        ),
        after(
            "azure storage",
            "AccountName=acc;AccountKey=",
            random(86, 20) + "==",
            ";EndpointSuffix=core.windows.net",
        ),
        after(
            "azure sas",
            "https://acc.blob.core.windows.net/c?sv=2024&sig=",
            random(43, 21),
            "",
        ),
        after(
            "service bus",
            "Endpoint=sb://x/;SharedAccessKey=",
            random(43, 22),
            "",
        ),
        after(
            "ado",
            "Server=db;User Id=sa;Password=",
            random(14, 23),
            ";Encrypt=true",
        ),
        after("pwd", "Driver=x;Pwd=", random(14, 24), ";"),
        after("aws secret", "aws_secret_access_key=", random(40, 25), ""),
        after("env", "OPENAI_API_KEY=", random(32, 26), ""),
        after("api_key", "api_key=", random(20, 27), ""),
        after("token", "token=", random(20, 28), ""),
        after(
            "presigned",
            "https://b.example.com/o?X-Amz-Date=2026&X-Amz-Signature=",
            letters(HEX, 64, 29),
            "",
        ),
        after("header", "X-Api-Key: ", random(32, 30), ""),
        after(
            "token header",
            "Authorization: Token ",
            letters(HEX, 40, 31),
            "",
        ),
        after(
            "spoken",
            "password: ",
            "Tr0ub4dor&".replace('&', "") + &random(4, 32),
            "",
        ),
        after("option", "curl --api-key ", random(20, 33), ""),
        after("password option", "mysql --password=", random(11, 34), ""),
    ]
}

fn cards() -> Vec<Sample> {
    let join = |parts: &[&str]| parts.concat();
    vec![
        bare("visa", join(&["41111", "11111", "111111"])),
        bare("visa in groups", join(&["4111 1111", " 1111 1111"])),
        bare("mastercard", join(&["5555-5555", "-5555-4444"])),
        bare("mastercard 2", join(&["22230000", "48400011"])),
        bare("amex", join(&["3782822", "46310005"])),
        bare("amex in groups", join(&["3782 822", "463 10005"])),
        bare("discover", join(&["60111111", "11111117"])),
        bare("jcb", join(&["35301113", "33300000"])),
        bare("diners", join(&["3056930", "9025904"])),
    ]
}
