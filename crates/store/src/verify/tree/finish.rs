//! What a log's files say of each other, once its tree was walked.
//!
//! What must hold: nothing is found fault with that a crash, a checkpoint that was signed and not shown,
//! or an older release leaves; and what was not read is not taken for missing.

use evident_ledger::checkpoint::Checkpoint;

use super::{RECORD_BYTES, Walk};
use crate::layout;
use crate::verify::report::{Finding, Kind};

impl Walk<'_> {
    /// The findings that need all of it.
    pub(super) fn finish(&mut self) {
        if self.failed_more > 0 {
            let what = format!("{} later checkpoints do not hold either", self.failed_more);
            let file = self.records_file();
            self.find(Finding::of_file(Kind::Checkpoint, &file, what));
        }
        if self.walked.is_unread {
            return;
        }
        self.find_unsigned_segments();
        if let Some(head) = self.walked.head.clone() {
            self.judge_newest(&head);
        }
        self.find_unrecorded();
    }

    /// Before rows become a segment, a head over them is signed and kept: so one that is missing was
    /// taken away.
    fn find_unsigned_segments(&mut self) {
        let (base, signed) = (self.log.base, self.walked.signed);
        let Some(bare @ 1..) = base.checked_sub(signed) else {
            return;
        };
        let what = format!(
            "{bare} events in segments (leaves {signed} to {}) are under no signature, and no segment is \
             made before its events are: checkpoints were taken away",
            base - 1
        );
        let file = self.records_file();
        self.find(Finding::of_file(Kind::Checkpoint, &file, what).of_size(signed));
    }

    /// The newest checkpoint is one of the records. Those behind it were signed and not shown, and what
    /// comes behind those, if it is not whole, was not even signed.
    fn judge_newest(&mut self, head: &Checkpoint) {
        let file = self.records_file();
        let shown = file.display();
        if let Some(number) = self.torn {
            let byte = number * RECORD_BYTES as u64;
            if self.has_head || number == 0 {
                self.walked.notes.push(format!(
                    "{shown}: its last record is a write that a crash cut off; it was never shown"
                ));
            } else {
                let what = format!("record {number}, the last, is not whole (byte {byte})");
                self.find(Finding::of_file(Kind::Checkpoint, &file, what).at(byte));
            }
            return;
        }
        let Some(last) = self.last_recorded else {
            return;
        };
        if !self.has_head {
            let what = format!(
                "the checkpoint of size {}, which {} has, is not among its records",
                head.size,
                layout::checkpoint_file(self.log.id).display()
            );
            self.find(Finding::of_file(Kind::Checkpoint, &file, what).of_size(head.size));
        } else if last > head.size {
            self.walked.notes.push(format!(
                "{shown}: the records behind size {} were signed and not shown yet when the server ended",
                head.size
            ));
        }
    }

    /// Whatever was shown is recorded, but for what came before records were kept.
    fn find_unrecorded(&mut self) {
        let Some(first) = self.first_recorded else {
            return;
        };
        let file = self.records_file();
        if first > 0 {
            self.walked.notes.push(format!(
                "{}: it begins with the checkpoint of size {first}, and a log has one of size 0 from its \
                 creation: an older release kept none before, or they were taken away",
                file.display()
            ));
        }
        for (name, kept) in self.log.kept {
            if !self.held.contains(&kept.size) || self.recorded.contains(&kept.size) {
                continue;
            }
            let what = format!(
                "the checkpoint of size {}, which {name} shows was signed, is missing",
                kept.size
            );
            if kept.size >= first {
                self.find(Finding::of_file(Kind::Checkpoint, &file, what).of_size(kept.size));
            } else {
                let before = format!("{}: {what}: it is from before size {first}", file.display());
                self.walked.notes.push(before);
            }
        }
    }
}
