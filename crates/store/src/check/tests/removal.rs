//! Directories from which rows were removed: what is right has no findings, and nothing that was tampered
//! with goes unseen.

use std::collections::BTreeSet;
use std::path::Path;

use super::{checked, told};
use crate::check::fixtures::removing::{
    Removal, lines_of, manifest_of, remove, stub_of, write_lines, write_manifest,
};
use crate::check::fixtures::world::ORGANIZATION;
use crate::check::fixtures::{Directory, OTHER};
use crate::check::{Counts, Remedy, rebuild};
use crate::disk::read_files;
use crate::layout;
use crate::segment::meta::{Listed, Manifest};
use crate::segment::rows::Line;
use crate::wal::GROUP_POSITIONS;

/// A directory from which rows of the first organization were removed.
fn without(minimum_index: u64, goes: impl Fn(u64) -> bool) -> Directory {
    let directory = Directory::large();
    let removal = Removal {
        organization_id: ORGANIZATION,
        minimum_index,
        goes: &goes,
    };
    remove(directory.path(), &removal);
    directory
}

/// A prefix is gone, and every fifth event behind it.
fn with_both() -> Directory {
    without(256, |index| index < 256 || index < 330 && index % 5 == 0)
}

fn is_clean(directory: &Directory) -> Counts {
    let report = checked(directory.path());
    assert_eq!(report.findings, []);
    assert_eq!(
        (
            report.counts.logs,
            report.counts.rows + report.counts.removed
        ),
        (2, 600)
    );
    report.counts
}

fn change_manifest(directory: &Directory, change: impl FnOnce(&mut Manifest)) {
    let mut manifest = manifest_of(directory.path());
    change(&mut manifest);
    write_manifest(directory.path(), &manifest);
}

/// The first segment that has a stub, and the places of its stubs.
fn with_stubs(directory: &Directory) -> (Listed, Vec<Vec<u8>>, Vec<usize>) {
    for listed in manifest_of(directory.path()).segments {
        let lines = lines_of(directory.path(), &listed);
        let places: Vec<usize> = (0..lines.len())
            .filter(|place| matches!(Line::read(&lines[*place]).unwrap(), Line::Stub(_)))
            .collect();
        if !places.is_empty() {
            return (listed, lines, places);
        }
    }
    panic!("there is no stub");
}

#[test]
fn a_directory_without_a_prefix_with_holes_or_with_both_has_no_findings() {
    let cut = is_clean(&without(256, |index| index < 256));
    assert_eq!((cut.removed, cut.leaves), (256, 600 - 256));
    let holed = is_clean(&without(0, |index| index < 300 && index % 3 == 1));
    assert_eq!((holed.removed, holed.leaves), (100, 600));
    let both = is_clean(&with_both());
    assert_eq!((both.removed, both.leaves), (256 + 14, 600 - 256));
    // What is below the minimum index stays as stubs while an older event is there.
    let kept = is_clean(&without(256, |index| (10..256).contains(&index)));
    assert_eq!((kept.removed, kept.leaves), (246, 600));
}

#[test]
fn segments_of_which_nothing_is_left_are_gone_and_leave_a_gap() {
    let directory = Directory::of_one_organization();
    let before = manifest_of(directory.path());
    let removal = |directory: &Directory, minimum_index, end: u64| {
        let removal = Removal {
            organization_id: ORGANIZATION,
            minimum_index,
            goes: &|index| index < end,
        };
        remove(directory.path(), &removal);
        let report = checked(directory.path());
        assert_eq!(report.findings, []);
        report.counts
    };
    assert_eq!(removal(&directory, 256, 256).removed, 256);
    let after = manifest_of(directory.path());
    assert!(after.segments.len() < before.segments.len(), "{after:?}");
    assert!(after.segments[0].first_position > 0, "{after:?}");
    // All that is in segments: only the manifest tells where the write-ahead log goes on.
    let end = before.end();
    assert_eq!((end, end % 256), (576, 64));
    assert_eq!(removal(&directory, 512, end).removed, end);
    let after = manifest_of(directory.path());
    assert_eq!(
        after.segments.len(),
        1,
        "stubs behind the minimum index: {after:?}"
    );
    let counts = removal(&directory, 576 / 256 * 256, end);
    assert_eq!((counts.removed, counts.rows), (end, 24));
    // The group goes on, so it keeps its seed although no segment has an event of it.
    std::fs::remove_file(directory.path().join(layout::seed_file(0))).unwrap();
    assert!(!checked(directory.path()).is_clean());
}

#[test]
fn what_is_made_anew_of_rows_with_stubs_and_gaps_is_the_same_again() {
    let directory = with_both();
    let before = manifest_of(directory.path());
    let lines: Vec<_> = before
        .segments
        .iter()
        .map(|listed| lines_of(directory.path(), listed))
        .collect();
    let names = read_files(directory.path()).into_keys();
    let indexes: Vec<_> = names
        .filter(|name| name.ends_with("index") || name.ends_with("meta.json"))
        .collect();
    for name in &indexes {
        std::fs::write(directory.path().join(name), b"").unwrap();
    }
    let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
    assert_eq!(rebuilt.refused, Vec::<String>::new());
    assert_eq!(rebuilt.made.len(), before.segments.len());
    is_clean(&directory);
    let after = manifest_of(directory.path());
    assert_eq!(after.removed, before.removed);
    assert_eq!(after.end(), before.end());
    let again: Vec<_> = after
        .segments
        .iter()
        .map(|listed| lines_of(directory.path(), listed))
        .collect();
    assert_eq!(again, lines);
    for (before, after) in before.segments.iter().zip(&after.segments) {
        assert_eq!(
            (
                before.first_position,
                before.rows,
                before.events,
                &before.organizations
            ),
            (
                after.first_position,
                after.rows,
                after.events,
                &after.organizations
            )
        );
    }
}

#[test]
fn level_files_are_made_anew_from_stubs_and_from_what_they_have_of_rows_that_left_nothing() {
    let healthy = with_both();
    let level = |number| layout::level_file(ORGANIZATION, number);
    let behind = |index: usize| index * 32;
    // Behind the rows that left nothing the rows give level 0 again; level 1 is given by level 0.
    for (file, at) in [
        (level(0), behind(300)),
        (level(0), behind(399)),
        (level(1), 0),
    ] {
        let copy = healthy.copy();
        let mut bytes = std::fs::read(copy.path().join(&file)).unwrap();
        bytes[at] ^= 1;
        std::fs::write(copy.path().join(&file), bytes).unwrap();
        assert!(!checked(copy.path()).is_clean());
        let rebuilt = rebuild(copy.path(), &|_| ()).unwrap();
        assert_eq!(rebuilt.refused, Vec::<String>::new());
        is_clean(&copy);
        let read = |directory: &Directory| std::fs::read(directory.path().join(&file)).unwrap();
        assert_eq!(read(&copy), read(&healthy));
    }
    // Nothing else has the hashes of rows that left nothing.
    for at in [0, behind(255)] {
        let copy = healthy.copy();
        let mut bytes = std::fs::read(copy.path().join(level(0))).unwrap();
        bytes[at] ^= 1;
        std::fs::write(copy.path().join(level(0)), &bytes).unwrap();
        let report = checked(copy.path());
        let named = report
            .damage()
            .any(|finding| finding.file == level(0) && finding.remedy == Remedy::Backup);
        assert!(named, "{:?}", told(&report));
        rebuild(copy.path(), &|_| ()).unwrap();
        assert_eq!(std::fs::read(copy.path().join(level(0))).unwrap(), bytes);
    }
}

#[test]
fn a_seed_may_be_missing_of_a_group_only_that_has_no_event_and_gets_no_more() {
    let directory = Directory::of_groups();
    let seed = |group| directory.path().join(layout::seed_file(group));
    let removal = Removal {
        organization_id: ORGANIZATION,
        minimum_index: GROUP_POSITIONS,
        goes: &|index| index < GROUP_POSITIONS,
    };
    remove(directory.path(), &removal);
    let bytes = std::fs::read(seed(0)).unwrap();
    std::fs::remove_file(seed(0)).unwrap();
    let report = checked(directory.path());
    assert_eq!(report.findings, []);
    assert_eq!(report.counts.removed, GROUP_POSITIONS);
    // Where it is there, it has to be whole.
    std::fs::write(seed(0), &bytes[1..]).unwrap();
    let damaged = told(&checked(directory.path()));
    assert!(
        damaged.len() == 1 && damaged[0].contains("seeds/"),
        "{damaged:?}"
    );
    std::fs::write(seed(0), bytes).unwrap();
    std::fs::remove_file(seed(1)).unwrap();
    let missing = told(&checked(directory.path()));
    assert!(
        missing.iter().any(|what| what.contains("seeds/")),
        "{missing:?}"
    );
}

/// Changes a directory, and expects that a check finds damage in a file of this name.
fn is_found(what: &str, named: &str, change: impl FnOnce(&Directory)) {
    let directory = with_both();
    change(&directory);
    let told = told(&checked(directory.path()));
    assert!(
        told.iter().any(|told| told.contains(named)),
        "{what}: {told:?}"
    );
    // Nothing makes it right.
    let _ = rebuild(directory.path(), &|_| ());
    assert!(!checked(directory.path()).is_clean(), "{what}");
}

#[test]
fn stubs_that_were_tampered_with_are_found() {
    type Change = fn(&mut Vec<Vec<u8>>, &[usize]);
    let changes: [(&str, Change); 6] = [
        ("a stub is altered", |lines, places| {
            let text = String::from_utf8(lines[places[0]].clone()).unwrap();
            let at = text.find("\":\"").unwrap() + 13;
            let other = if text.as_bytes()[at] == b'A' {
                "B"
            } else {
                "A"
            };
            let mut text = text;
            text.replace_range(at..=at, other);
            lines[places[0]] = text.into_bytes();
        }),
        ("a stub is another's", |lines, places| {
            lines[places[0]] = lines[places[1]].clone();
        }),
        ("stubs changed places", |lines, places| {
            lines.swap(places[0], places[1]);
        }),
        ("a stub left nothing", |lines, places| {
            lines[places[0]].clear()
        }),
        ("a stub is cut", |lines, places| {
            lines[places[0]].truncate(40);
        }),
        ("a stub is of another organization", |lines, places| {
            let text = String::from_utf8(lines[places[0]].clone()).unwrap();
            lines[places[0]] = text.replace(ORGANIZATION, OTHER).into_bytes();
        }),
    ];
    for (what, change) in changes {
        is_found(what, "rows.ndjson.zst", |directory| {
            let (listed, mut lines, places) = with_stubs(directory);
            change(&mut lines, &places);
            write_lines(directory.path(), &listed, &lines);
        });
    }
}

/// Turns an event into a stub, with whatever lists the segment.
fn cut_an_event(directory: &Directory, leave: impl FnOnce(u64, &[u8]) -> Vec<u8>) {
    let (old, mut lines, _) = with_stubs(directory);
    let mut places = 0..lines.len();
    let is_ours = |line: &Vec<u8>| {
        Line::is_event(line) && String::from_utf8_lossy(line).contains(ORGANIZATION)
    };
    let place = places.find(|place| is_ours(&lines[*place])).unwrap();
    let line = leave(old.first_position + place as u64, &lines[place]);
    let is_stub = !line.is_empty();
    lines[place] = line;
    write_lines(directory.path(), &old, &lines);
    change_manifest(directory, |manifest| {
        let at = |listed: &&mut Listed| listed.first_position == old.first_position;
        let listed = manifest.segments.iter_mut().find(at).unwrap();
        listed.events = listed.events.map(|events| events - 1);
        let of = listed.organizations.iter_mut();
        let rows = of.into_iter().find(|rows| rows.id == ORGANIZATION).unwrap();
        match is_stub {
            true => rows.events = Some(rows.events() - 1),
            false => {
                rows.events = Some(rows.events() - 1);
                rows.rows -= 1;
            }
        }
    });
    let _ = rebuild(directory.path(), &|_| ());
}

#[test]
fn an_event_that_was_cut_out_without_being_counted_is_found() {
    is_found("an event became a stub", "manifest", |directory| {
        let data = directory.path().to_owned();
        cut_an_event(directory, move |position, row| {
            stub_of(&data, position, row)
        });
    });
    is_found("an event became nothing", "", |directory| {
        cut_an_event(directory, |_, _| Vec::new());
    });
}

#[test]
fn a_manifest_that_says_something_else_of_what_was_removed_is_found() {
    type Change = fn(&mut Manifest);
    let changes: [(&str, Change); 6] = [
        ("fewer", |m| m.removed[0].events -= 1),
        ("more", |m| m.removed[0].events += 1),
        ("a later end", |m| m.removed[0].end_index += 1),
        ("no minimum index", |m| m.removed[0].minimum_index = 0),
        ("no bytes", |m| m.removed[0].bytes = 0),
        ("a later end of the segments", |m| {
            m.end_position = Some(m.end() + 1)
        }),
    ];
    for (what, change) in changes {
        is_found(what, layout::MANIFEST, |directory| {
            change_manifest(directory, change)
        });
    }
}

#[test]
fn a_prefix_that_was_cut_off_by_hand_is_found() {
    let directory = Directory::large();
    change_manifest(&directory, |manifest| {
        let first = manifest.segments.remove(0);
        manifest.removed = first
            .organizations
            .iter()
            .map(|rows| crate::segment::meta::RemovedRows {
                id: rows.id.clone(),
                first_index: rows.end(),
                minimum_index: 0,
                events: rows.end(),
                bytes: rows.end() * 100,
                end_index: rows.end(),
            })
            .collect();
    });
    let told = told(&checked(directory.path()));
    assert_eq!(told.len(), 2, "one for each organization: {told:?}");
    assert!(
        told.iter().all(|what| what.contains("minimum index")),
        "{told:?}"
    );
}

#[test]
fn a_manifest_that_is_lost_is_not_made_up_where_rows_were_removed() {
    for directory in [
        with_both(),
        without(0, |index| index < 300 && index % 3 == 1),
    ] {
        let manifest = directory.path().join(layout::MANIFEST);
        std::fs::write(&manifest, b"no manifest").unwrap();
        let report = checked(directory.path());
        let told = told(&report);
        assert!(
            told.iter().any(|what| what.contains("manifest alone")),
            "{told:?}"
        );
        let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
        assert_eq!(rebuilt.made, Vec::<String>::new());
        assert_eq!(std::fs::read(&manifest).unwrap(), b"no manifest");
    }
}

#[test]
fn a_bit_that_flips_in_a_segment_with_stubs_is_found_under_its_name() {
    let directory = with_both();
    let (listed, ..) = with_stubs(&directory);
    let names: BTreeSet<_> = read_files(directory.path())
        .into_keys()
        .filter(|name| name.starts_with(listed.folder()))
        .collect();
    assert_eq!(names.len(), 3);
    for name in names {
        let path = directory.path().join(&name);
        let bytes = std::fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by((bytes.len() / 40).max(1)) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            std::fs::write(&path, &flipped).unwrap();
            let report = checked(directory.path());
            let is_named = report.damage().any(|finding| finding.file == name);
            assert!(
                is_named,
                "byte {at} of {}: {:?}",
                name.display(),
                told(&report)
            );
        }
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!(checked(Path::new(directory.path())).findings, []);
}
