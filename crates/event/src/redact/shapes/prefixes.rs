//! Tokens that say by their prefix what they are.
//!
//! Each row is a promise that nothing else looks so: the prefix, then at least so many bytes of these
//! classes. Where the prefix alone is weak (`sk-`, `key-`), the rest must also look drawn at random.

use super::Span;
use super::bytes::{self, ALNUM, CAPITAL, DASH, DOT, HEX, SLASH, UNDERSCORE};

/// What follows a prefix.
#[derive(Debug, Clone, Copy)]
enum Rest {
    /// A run of at least so many bytes of the classes.
    AtLeast(usize, u8),
    /// A run of exactly so many bytes of the classes, at the end of a word.
    Exactly(usize, u8),
    /// A run of at least so many bytes of the classes, behind a word boundary that `-` and `_` are
    /// none, and with a part of [`RANDOM_BYTES`] letters and digits that looks drawn at random.
    Random(usize, u8),
    /// As `AtLeast`, where the prefix is an address that may stay.
    Address(usize, u8),
}

use Rest::{Address, AtLeast, Exactly, Random};

const WORD: u8 = ALNUM | UNDERSCORE;
const DASHED: u8 = WORD | DASH;
const DOTTED: u8 = DASHED | DOT;
const RANDOM_BYTES: usize = 16;

/// Of two prefixes that begin alike, the longer one comes first.
const PREFIXES: &[(&str, Rest)] = &[
    // Evident.
    ("evident_ingest_", AtLeast(16, DASHED)),
    ("evident_read_", AtLeast(16, DASHED)),
    ("evident_admin_", AtLeast(16, DASHED)),
    // Models and what is around them.
    ("sk-", Random(20, DASHED)),
    ("hf_", AtLeast(30, ALNUM)),
    ("api_org_", AtLeast(30, ALNUM)),
    ("gsk_", AtLeast(40, ALNUM)),
    ("xai-", AtLeast(40, ALNUM)),
    ("pplx-", AtLeast(40, ALNUM)),
    ("nvapi-", AtLeast(40, DASHED)),
    ("r8_", AtLeast(36, ALNUM)),
    ("tvly-", Random(20, DASHED)),
    ("pcsk_", AtLeast(40, WORD)),
    ("lsv2_pt_", AtLeast(32, WORD)),
    ("lsv2_sk_", AtLeast(32, WORD)),
    ("sk-lf-", AtLeast(32, DASHED)),
    ("dapi", Exactly(32, HEX)),
    // Clouds.
    ("AKIA", Exactly(16, CAPITAL)),
    ("ASIA", Exactly(16, CAPITAL)),
    ("ABIA", Exactly(16, CAPITAL)),
    ("ACCA", Exactly(16, CAPITAL)),
    ("AIza", AtLeast(35, DASHED)),
    ("GOCSPX-", AtLeast(24, DASHED)),
    ("ya29.", AtLeast(20, DOTTED)),
    ("dop_v1_", AtLeast(64, HEX)),
    ("doo_v1_", AtLeast(64, HEX)),
    ("dor_v1_", AtLeast(64, HEX)),
    ("HRKU-", AtLeast(36, DASHED)),
    ("fo1_", AtLeast(40, DASHED)),
    ("sbp_", AtLeast(40, HEX)),
    ("pscale_tkn_", AtLeast(32, DASHED)),
    ("pscale_pw_", AtLeast(32, DASHED)),
    ("hvs.", AtLeast(24, DASHED)),
    ("hvb.", AtLeast(24, DASHED)),
    ("tskey-", AtLeast(20, DASHED)),
    ("AGE-SECRET-KEY-1", AtLeast(58, CAPITAL)),
    // Code.
    ("ghp_", AtLeast(36, ALNUM)),
    ("gho_", AtLeast(36, ALNUM)),
    ("ghu_", AtLeast(36, ALNUM)),
    ("ghs_", AtLeast(36, DOTTED)),
    ("ghr_", AtLeast(36, ALNUM)),
    ("github_pat_", AtLeast(36, WORD)),
    ("glpat-", AtLeast(20, DOTTED)),
    ("gldt-", AtLeast(20, DOTTED)),
    ("glptt-", AtLeast(20, DOTTED)),
    ("glrt-", AtLeast(20, DOTTED)),
    ("glcbt-", AtLeast(20, DOTTED)),
    ("gloas-", AtLeast(20, DOTTED)),
    ("npm_", AtLeast(36, ALNUM)),
    ("pypi-", Random(50, DASHED)),
    ("rubygems_", AtLeast(40, HEX)),
    ("dckr_pat_", AtLeast(24, DASHED)),
    ("dckr_oat_", AtLeast(24, DASHED)),
    ("ATATT3", AtLeast(40, DASHED)),
    ("sntrys_", AtLeast(40, DASHED)),
    ("sntryu_", AtLeast(40, HEX)),
    ("glsa_", AtLeast(32, WORD)),
    ("glc_", AtLeast(40, WORD)),
    ("NRAK-", AtLeast(27, CAPITAL)),
    ("PMAK-", AtLeast(40, DASHED)),
    ("lin_api_", AtLeast(32, ALNUM)),
    ("ntn_", AtLeast(40, ALNUM)),
    ("figd_", AtLeast(36, DASHED)),
    ("dp.pt.", AtLeast(40, ALNUM)),
    // Messages and money.
    ("xoxb-", AtLeast(10, ALNUM | DASH)),
    ("xoxa-", AtLeast(10, ALNUM | DASH)),
    ("xoxp-", AtLeast(10, ALNUM | DASH)),
    ("xoxr-", AtLeast(10, ALNUM | DASH)),
    ("xoxs-", AtLeast(10, ALNUM | DASH)),
    ("xoxe-", AtLeast(10, ALNUM | DASH)),
    ("xoxe.xoxp-", AtLeast(10, ALNUM | DASH)),
    ("xoxe.xoxb-", AtLeast(10, ALNUM | DASH)),
    ("xoxc-", AtLeast(10, ALNUM | DASH)),
    ("xoxd-", AtLeast(10, ALNUM | DASH)),
    ("xapp-", AtLeast(20, ALNUM | DASH)),
    ("hooks.slack.com/services/", Address(20, ALNUM | SLASH)),
    ("discord.com/api/webhooks/", Address(40, DASHED | SLASH)),
    ("sk_live_", AtLeast(16, ALNUM)),
    ("sk_test_", AtLeast(16, ALNUM)),
    ("rk_live_", AtLeast(16, ALNUM)),
    ("rk_test_", AtLeast(16, ALNUM)),
    ("whsec_", AtLeast(24, ALNUM | SLASH)),
    ("SG.", AtLeast(40, DOTTED)),
    ("SK", Exactly(32, HEX)),
    ("key-", Exactly(32, HEX)),
    ("shpat_", AtLeast(32, HEX)),
    ("shpca_", AtLeast(32, HEX)),
    ("shppa_", AtLeast(32, HEX)),
    ("shpss_", AtLeast(32, HEX)),
    ("sq0atp-", AtLeast(22, DASHED)),
    ("sq0csp-", AtLeast(40, DASHED)),
];

/// What other words can begin with that lead to a secret, in small letters or as they are.
const OTHERS: [&str; 6] = ["eyJ", "bearer", "Bearer", "BEARER", "basic", "Basic"];

/// For each first byte, the second and the third bytes that some prefix has, as bits of their low
/// five bits, which are the same for capitals and small letters. (`SK` may have any third.)
const FOLLOWING: [[u32; 2]; 256] = following();

const fn following() -> [[u32; 2]; 256] {
    let mut following = [[0; 2]; 256];
    let mut at = 0;
    while at < PREFIXES.len() + OTHERS.len() {
        let word = if at < PREFIXES.len() {
            PREFIXES[at].0.as_bytes()
        } else {
            OTHERS[at - PREFIXES.len()].as_bytes()
        };
        let [second, third] = &mut following[word[0] as usize];
        *second |= 1 << (word[1] & 31);
        *third |= if word.len() > 2 {
            1 << (word[2] & 31)
        } else {
            u32::MAX
        };
        at += 1;
    }
    following
}

/// Whether some prefix begins like the word at `at`.
#[inline]
pub(super) fn may_begin(bytes: &[u8], at: usize) -> bool {
    let Some([first, second, third, ..]) = bytes.get(at..) else {
        return false;
    };
    let [seconds, thirds] = FOLLOWING[usize::from(*first)];
    seconds >> (second & 31) & 1 == 1 && thirds >> (third & 31) & 1 == 1
}

/// The token that begins at `at`, where a word begins.
pub(super) fn token(bytes: &[u8], at: usize) -> Option<Span> {
    let rest = bytes.get(at..)?;
    let first = rest.first()?;
    PREFIXES
        .iter()
        .filter(|(prefix, _)| prefix.as_bytes().first() == Some(first))
        .filter(|(prefix, _)| rest.starts_with(prefix.as_bytes()))
        .find_map(|(prefix, kind)| behind(bytes, at, at + prefix.len(), *kind))
}

fn behind(bytes: &[u8], at: usize, from: usize, rest: Rest) -> Option<Span> {
    let (Exactly(length, classes)
    | AtLeast(length, classes)
    | Address(length, classes)
    | Random(length, classes)) = rest;
    // Tried first: of `sk-sk-sk-` only the first may be followed to its end.
    if matches!(rest, Random(..)) && !bytes::stands_alone(bytes, at) {
        return None;
    }
    let run = run(bytes, from, classes);
    let fits = match rest {
        Exactly(..) => run.len() == length && bytes::ends_word(bytes, run.end),
        AtLeast(..) | Address(..) => run.len() >= length,
        Random(..) => run.len() >= length && has_random_part(bytes, &run),
    };
    let start = if matches!(rest, Address(..)) {
        from
    } else {
        at
    };
    fits.then_some(start..run.end)
}

/// The run of these classes, without what ends the sentence it stands in.
fn run(bytes: &[u8], from: usize, classes: u8) -> Span {
    let mut end = bytes::run_end(bytes, from, classes);
    while end > from && matches!(bytes.get(end - 1), Some(b'.' | b'/')) {
        end -= 1;
    }
    from..end
}

fn has_random_part(bytes: &[u8], run: &Span) -> bool {
    let run = bytes.get(run.clone()).unwrap_or_default();
    let mut parts = run.split(|byte| !bytes::is(*byte, ALNUM));
    parts.any(|part| part.len() >= RANDOM_BYTES && bytes::looks_random(part))
}
