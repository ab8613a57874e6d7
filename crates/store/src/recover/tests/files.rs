//! Several files: which are read, in which order, and which are removed.

use super::*;

/// Four files of one group, the last of them without rows: where each begins.
fn four_files_of_a_group() -> (World, [u64; 4]) {
    let mut world = World::begin(0);
    let mut begins = [0; 4];
    for (number, rows) in [3, 6, 2].into_iter().enumerate() {
        if number > 0 {
            world.begin_file();
        }
        begins[number] = world.state.next_position();
        for row in 0..rows {
            world.append([A, B][row % 2], 1 + row as u64 % 3);
        }
    }
    world.begin_file();
    begins[3] = world.state.next_position();
    world.settle();
    (world, begins)
}

#[test]
fn files_whose_rows_are_all_kept_elsewhere_are_removed_but_the_newest() {
    let (world, [start, second, third, end]) = three_files();
    let left = |directory: &Path| {
        (0..3)
            .filter(|group| directory.join(layout::wal_file(*group)).exists())
            .collect::<Vec<_>>()
    };
    for (through, expected) in [
        (start, vec![0, 1, 2]),
        (second - 1, vec![0, 1, 2]),
        (second, vec![1, 2]),
        (third - 1, vec![1, 2]),
        (third, vec![2]),
        (end, vec![2]),
    ] {
        let copy = world.copy();
        let recovered = world.recover_at(copy.path(), through);
        assert_eq!(left(copy.path()), expected, "through {through}");
        world.assert_whole(&recovered);
        drop(recovered);
        // And it opens without them.
        let recovered = world.recover_at(copy.path(), through);
        world.assert_whole(&recovered);
        for group in 0..3 {
            assert!(copy.path().join(layout::seed_file(group)).exists());
        }
    }
}

#[test]
fn a_group_in_several_files_is_read_in_their_order_behind_any_base() {
    let (world, begins) = four_files_of_a_group();
    let end = world.state.next_position();
    assert_eq!(begins[3], end, "the newest has no rows yet");
    for position in 0..=end {
        let copy = world.copy();
        let recovered = world.recover_at(copy.path(), position);
        world.assert_whole(&recovered);
        drop(recovered);
        let left: Vec<_> = wal::files(&Durable::open(copy.path(), None).unwrap()).unwrap();
        let covered = begins.iter().skip(1).filter(|begin| **begin <= position);
        assert_eq!(left.len(), begins.len() - covered.count(), "at {position}");
        // It goes on in the newest of them, and is there again.
        let mut recovered = world.recover_at(copy.path(), position);
        world.assert_whole(&recovered);
        let writer = recovered.writer.take().unwrap();
        assert_eq!(writer.name().path(), layout::further_wal_file(0, end));
        assert_eq!(writer.first_position(), end);
    }
}

#[test]
fn what_was_left_of_files_that_were_to_be_begun_is_removed() {
    let (world, _) = four_files_of_a_group();
    let copy = world.copy();
    let before = read_files(copy.path());
    for name in [layout::wal_file(1), layout::further_wal_file(0, 7)] {
        let unfinished = name.with_extension("wal.new");
        std::fs::write(copy.path().join(unfinished), b"EVID").unwrap();
    }
    // Somebody's own is none of them.
    let other = copy.path().join("wal/notes.new");
    std::fs::write(&other, b"").unwrap();
    world.assert_whole(&world.recover_at(copy.path(), 0));
    assert!(other.exists());
    std::fs::remove_file(other).unwrap();
    assert!(read_files(copy.path()).keys().eq(before.keys()));
}

#[test]
fn a_missing_or_misplaced_file_of_a_group_is_damage_unless_the_base_has_its_rows() {
    let (world, begins) = four_files_of_a_group();
    let end = world.state.next_position();
    let name = |number: usize| match number {
        0 => layout::wal_file(0),
        _ => layout::further_wal_file(0, begins[number]),
    };
    for (missing, through, what) in [
        (0, 0, "are nowhere"),
        (1, 0, "was to follow"),
        (2, begins[1], "was to follow"),
        // What lies before the base is checked as long as it is there.
        (1, begins[2], "was to follow"),
    ] {
        let copy = world.copy();
        std::fs::remove_file(copy.path().join(name(missing))).unwrap();
        let recovered = world.recover_at(copy.path(), through);
        let reason = reason(&recovered);
        assert!(reason.contains(what), "{missing}: {reason}");
    }
    let copy = world.copy();
    std::fs::remove_file(copy.path().join(name(0))).unwrap();
    world.assert_whole(&world.recover_at(copy.path(), begins[1]));
    // The newest has no rows, so nothing is missing without it.
    let copy = world.copy();
    std::fs::remove_file(copy.path().join(name(3))).unwrap();
    world.assert_whole(&world.recover_at(copy.path(), 0));
    let copy = world.copy();
    let other = layout::further_wal_file(0, end + 1);
    std::fs::rename(copy.path().join(name(3)), copy.path().join(other)).unwrap();
    let recovered = world.recover_at(copy.path(), 0);
    let reason = reason(&recovered);
    assert!(
        reason.contains(&format!("its name says {}", end + 1)),
        "{reason}"
    );
}

#[test]
fn a_missing_file_is_damage_unless_the_base_has_its_rows() {
    let (world, [_, second, third, end]) = three_files();
    for (missing, through, what) in [
        (0, second - 1, "the rows from position 65534 on are nowhere"),
        (1, second, "was to follow"),
        (1, third, "was to follow"),
        (2, end, "the WAL ends before"),
    ] {
        let copy = world.copy();
        std::fs::remove_file(copy.path().join(layout::wal_file(missing))).unwrap();
        let before = read_files(copy.path());
        let recovered = world.recover_at(copy.path(), through);
        let reason = reason(&recovered);
        assert!(
            reason.contains(what) || missing == 0 && reason.contains("are nowhere"),
            "{missing}: {reason}"
        );
        assert_eq!(
            read_files(copy.path()),
            before,
            "damage is not written over"
        );
    }
}

#[test]
fn a_power_cut_while_files_are_removed_leaves_a_run_without_gap() {
    let (world, [_, _, third, _]) = three_files();
    let copy = world.copy();
    let mut before = read_files(copy.path());
    let recorder = Recorder::<()>::new();
    let durable = Durable::open(copy.path(), Some(Arc::clone(&recorder) as _)).unwrap();
    assert_eq!(wal::remove_covered(&durable, third).unwrap(), 2);
    assert_eq!(wal::remove_covered(&durable, third).unwrap(), 0);
    // The newest file has just got its name, and its directory is not synced.
    let name = layout::wal_file(2);
    let unnamed = name.with_extension("wal.new");
    let bytes = before.remove(&name).unwrap();
    before.insert(unnamed.clone(), bytes);
    let mut disk = Disk::holding(before);
    disk.play(&Step::<()>::Rename(unnamed, name));
    let mut seen = std::collections::BTreeSet::new();
    for step in recorder.steps() {
        disk.play(&step);
        for files in disk.after_power_cut() {
            let there = |group| files.contains_key(&layout::wal_file(group));
            seen.insert([there(0), there(1), there(2)]);
        }
    }
    let expected = [
        [false, false, true],
        [false, true, true],
        [true, true, true],
    ];
    assert!(seen.into_iter().eq(expected));
}
