//! The one form of a proof's text: what is read, and what is refused though it means the same.

use evident_ledger::Hash;
use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::MAX_NOTE_BYTES;
use evident_ledger::proof::MAX_PROOF_HASHES;
use evident_ledger::proof_text::{
    ConsistencyProof, InclusionProof, MAX_EXTRA_BYTES, MAX_PROOF_TEXT_BYTES, PROOF_HEADER,
    ProofTextError,
};
use proptest::prelude::*;

/// The example of `tlog-proof`, whose signatures its document cuts short.
const PROOF_EXAMPLE: &str = "c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog hI2DJw[...]1roloI=
";

/// The example of `tlog-witness`.
const WITNESS_EXAMPLE: &str = "old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
";

/// The base64 of 32 zero bytes.
const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

#[test]
fn the_example_of_tlog_proof_reads() {
    let proof = InclusionProof::parse(PROOF_EXAMPLE.as_bytes()).unwrap();
    assert_eq!(proof.index, 73_894);
    assert_eq!(proof.hashes.len(), 5);
    let last = "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=";
    assert_eq!(proof.hashes[4].to_base64(), last);
    let extra = proof.extra.as_deref().unwrap();
    assert!(extra.starts_with(b"age-v1.2.1-darwin-arm64.tar.gz"));
    let (head, signatures) = proof.checkpoint.split_once("\n\n").unwrap();
    let head = Checkpoint::parse(&format!("{head}\n")).unwrap();
    assert_eq!(head.origin, "example.com/fancylog");
    assert_eq!(head.size, 109_482);
    assert!(signatures.starts_with("— example.com/fancylog "));
    assert_eq!(proof.to_text(), PROOF_EXAMPLE);
}

#[test]
fn the_example_of_tlog_witness_reads() {
    let proof = ConsistencyProof::parse(WITNESS_EXAMPLE.as_bytes()).unwrap();
    assert_eq!((proof.old_size, proof.hashes.len()), (20_852_014, 4));
    let first = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=";
    assert_eq!(proof.hashes[0].to_base64(), first);
    let (head, signatures) = proof.checkpoint.split_once("\n\n").unwrap();
    let head = Checkpoint::parse(&format!("{head}\n")).unwrap();
    assert_eq!(head.size, 20_852_163);
    assert_eq!(signatures.lines().count(), 2);
    assert_eq!(proof.to_text(), WITNESS_EXAMPLE);
}

/// Which line an inclusion proof's text is refused for.
fn refused_line(text: &str) -> usize {
    match InclusionProof::parse(text.as_bytes()) {
        Err(ProofTextError::Line { line, .. }) => line,
        other => panic!("{text:?}: {other:?}"),
    }
}

/// Which line a consistency proof's text is refused for.
fn refused_body_line(text: &str) -> usize {
    match ConsistencyProof::parse(text.as_bytes()) {
        Err(ProofTextError::Line { line, .. }) => line,
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn a_line_that_is_not_in_its_one_form_is_refused() {
    let proof = |lines: &str| format!("{PROOF_HEADER}\n{lines}");
    let good = proof(&format!("extra AAAA\nindex 7\n{ZEROS}\n\nhead\n"));
    let read = InclusionProof::parse(good.as_bytes()).unwrap();
    assert_eq!(read.checkpoint, "head\n");
    assert_eq!(read.hashes, [Hash([0; 32])]);

    for header in ["", "c2sp.org/tlog-proof@v2", "C2SP.org/tlog-proof@v1"] {
        assert_eq!(refused_line(&good.replace(PROOF_HEADER, header)), 1);
    }
    for space in [" ", "\r", "\t", "\u{feff}", "\0"] {
        for (line, start) in [(1, "c2sp"), (2, "extra"), (3, "index"), (4, "AAAAA")] {
            let line_with = good.replacen(start, &format!("{space}{start}"), 1);
            assert_eq!(refused_line(&line_with), line, "{line_with:?}");
        }
    }
    let carriage_returns = good.replace('\n', "\r\n");
    assert_eq!(refused_line(&carriage_returns), 1);
    for line in 1..=5 {
        let mut lines: Vec<String> = good.split('\n').map(str::to_owned).collect();
        lines[line - 1].push('\r');
        assert_eq!(refused_line(&lines.join("\n")), line);
        // Cut off behind the line, before its newline.
        let cut = good.split('\n').take(line).collect::<Vec<_>>().join("\n");
        assert_eq!(refused_line(&cut), line, "{cut:?}");
    }
    for extra in [
        "AAA", "AA=", "AAA=A", "AAB=", "A AA", "AA-_", "%", " AAAA", "AAAA ",
    ] {
        assert_eq!(
            refused_line(&good.replace("extra AAAA", &format!("extra {extra}"))),
            2
        );
    }
    for lines in [
        "extra\nindex 7\n\n",
        "EXTRA AAAA\nindex 7\n\n",
        "\nindex 7\n\n",
        "\n",
    ] {
        assert_eq!(refused_line(&proof(lines)), 2, "{lines:?}");
    }
    assert_eq!(
        refused_line(&proof("extra AAAA\nextra AAAA\nindex 7\n\n")),
        3
    );
    assert_eq!(refused_line(&proof("index 7\nextra AAAA\n\n")), 3);
    assert_eq!(refused_line(&proof("index 7\nindex 7\n\n")), 3);
}

/// Numbers that are not in their one form, or not below 2^64.
const NO_NUMBERS: [&str; 14] = [
    "",
    " 7",
    "7 ",
    "+7",
    "-7",
    "-0",
    "07",
    "00",
    "7.0",
    "7e0",
    "0x7",
    "٧",
    "18446744073709551616",
    "100000000000000000000000000007",
];

#[test]
fn a_number_has_one_form() {
    for number in NO_NUMBERS {
        let text = format!("{PROOF_HEADER}\nindex {number}\n\n");
        assert_eq!(refused_line(&text), 2, "{number:?}");
        assert_eq!(refused_body_line(&format!("old {number}\n\n")), 1);
    }
    for number in [0, 7, 10, u64::MAX] {
        let text = format!("{PROOF_HEADER}\nindex {number}\n\n");
        let proof = InclusionProof::parse(text.as_bytes()).unwrap();
        assert_eq!(proof.index, number);
        let text = format!("old {number}\n\n");
        let proof = ConsistencyProof::parse(text.as_bytes()).unwrap();
        assert_eq!(proof.old_size, number);
    }
    for line in ["old7", "old\t7", "Old 7", "size 7", "index 7", ""] {
        assert_eq!(refused_body_line(&format!("{line}\n\n")), 1, "{line:?}");
    }
}

#[test]
fn a_hash_has_one_form() {
    let texts = |hash: &str| {
        [
            format!("{PROOF_HEADER}\nindex 7\n{hash}\n\nhead\n"),
            format!("old 7\n{ZEROS}\n{hash}\n\nhead\n"),
        ]
    };
    let [inclusion, consistency] = texts(ZEROS);
    assert!(InclusionProof::parse(inclusion.as_bytes()).is_ok());
    assert!(ConsistencyProof::parse(consistency.as_bytes()).is_ok());
    let unpadded = ZEROS.trim_end_matches('=');
    for hash in [
        // Trailing bits that are not zero.
        ZEROS.replace("A=", "B="),
        ZEROS.replace("A=", "D="),
        unpadded.to_owned(),
        format!("{ZEROS}="),
        format!("{unpadded}A"),
        // 31, 33 and 64 bytes.
        format!("{}AA==", &ZEROS[..40]),
        format!("{ZEROS}AAAA"),
        format!("{unpadded}A{}AA==", &ZEROS[..40]),
        format!(" {ZEROS}"),
        format!("{ZEROS} "),
        ZEROS.replacen('A', "-", 1),
        ZEROS.replacen('A', "é", 1),
    ] {
        let [inclusion, consistency] = texts(&hash);
        assert_eq!(refused_line(&inclusion), 3, "{hash:?}");
        assert_eq!(refused_body_line(&consistency), 3, "{hash:?}");
    }
}

#[test]
fn the_empty_line_is_needed() {
    // Without it, the checkpoint's lines stand where hashes should.
    let text = PROOF_EXAMPLE.replacen("\n\n", "\n", 1);
    assert_eq!(refused_line(&text), 9);
    let text = WITNESS_EXAMPLE.replacen("\n\n", "\n", 1);
    assert_eq!(refused_body_line(&text), 6);
}

#[test]
fn the_bounds_are_the_bounds() {
    let proof = |extra_bytes: usize, hashes: usize, checkpoint_bytes: usize| InclusionProof {
        extra: Some(vec![0xff; extra_bytes]),
        index: u64::MAX,
        hashes: vec![Hash([0xff; 32]); hashes],
        checkpoint: "x".repeat(checkpoint_bytes),
    };
    let read = |proof: &InclusionProof| InclusionProof::parse(proof.to_text().as_bytes());
    // All at their most: what can be signed and made can be read.
    let largest = proof(MAX_EXTRA_BYTES, MAX_PROOF_HASHES, MAX_NOTE_BYTES);
    assert_eq!(read(&largest), Ok(largest));

    let refused = read(&proof(MAX_EXTRA_BYTES + 1, 0, 0));
    assert!(refused.is_err(), "{refused:?}");
    let refused = read(&proof(0, MAX_PROOF_HASHES + 1, 0));
    assert_eq!(refused, Err(ProofTextError::TooManyHashes));
    let rest = proof(0, 0, 0).to_text().len();
    let whole = proof(0, 0, MAX_PROOF_TEXT_BYTES - rest);
    assert_eq!(read(&whole), Ok(whole));
    let refused = read(&proof(0, 0, MAX_PROOF_TEXT_BYTES - rest + 1));
    assert_eq!(refused, Err(ProofTextError::TooLong));

    let body = |hashes: usize, checkpoint_bytes: usize| ConsistencyProof {
        old_size: u64::MAX,
        hashes: vec![Hash([0xff; 32]); hashes],
        checkpoint: "x".repeat(checkpoint_bytes),
    };
    let read = |body: &ConsistencyProof| ConsistencyProof::parse(body.to_text().as_bytes());
    let largest = body(MAX_PROOF_HASHES, MAX_NOTE_BYTES);
    assert_eq!(read(&largest), Ok(largest));
    let refused = read(&body(MAX_PROOF_HASHES + 1, 0));
    assert_eq!(refused, Err(ProofTextError::TooManyHashes));
    let refused = read(&body(0, MAX_PROOF_TEXT_BYTES));
    assert_eq!(refused, Err(ProofTextError::TooLong));
}

#[test]
fn only_utf_8_is_read() {
    for bad in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x80"] {
        let text = [PROOF_EXAMPLE.as_bytes(), bad].concat();
        let refused = Err(ProofTextError::Characters);
        assert_eq!(InclusionProof::parse(&text), refused);
        let text = [WITNESS_EXAMPLE.as_bytes(), bad].concat();
        let refused = Err(ProofTextError::Characters);
        assert_eq!(ConsistencyProof::parse(&text), refused);
    }
}

fn hashes() -> impl Strategy<Value = Vec<Hash>> {
    prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..=MAX_PROOF_HASHES)
}

proptest! {
    #[test]
    fn an_inclusion_proof_reads_back(
        extra in prop::option::of(prop::collection::vec(any::<u8>(), 0..100)),
        index: u64, hashes in hashes(), checkpoint in "(?s).{0,60}",
    ) {
        let proof = InclusionProof { extra, index, hashes, checkpoint };
        let text = proof.to_text();
        prop_assert_eq!(InclusionProof::parse(text.as_bytes()), Ok(proof));
    }

    #[test]
    fn a_consistency_proof_reads_back(
        old_size: u64, hashes in hashes(), checkpoint in "(?s).{0,60}",
    ) {
        let proof = ConsistencyProof { old_size, hashes, checkpoint };
        let text = proof.to_text();
        prop_assert_eq!(ConsistencyProof::parse(text.as_bytes()), Ok(proof));
    }

    #[test]
    fn whatever_is_read_is_written_so(
        extra in "(extra ?[A-B+/]{0,6}={0,2}\r?\n){0,2}",
        number in "(index|old) [+0]?[0-9]{0,3}\r?\n",
        hashes in "([A-B]{42}[A-E]=\n){0,2}",
        end in "\r?\n?(?s).{0,9}",
    ) {
        let text = format!("{PROOF_HEADER}\n{extra}{number}{hashes}{end}");
        if let Ok(proof) = InclusionProof::parse(text.as_bytes()) {
            prop_assert_eq!(proof.to_text(), text);
        }
        let text = format!("{number}{hashes}{end}");
        if let Ok(proof) = ConsistencyProof::parse(text.as_bytes()) {
            prop_assert_eq!(proof.to_text(), text);
        }
    }
}
