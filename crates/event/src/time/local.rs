//! Instants as a local clock shows them.

use super::zone::Zone;
use super::{MICROS_PER_SECOND, SECONDS_PER_MINUTE, TEXT_BYTES, Timestamp, write_digits};

/// The zone whose times are written with a `Z`.
const UTC: &str = "UTC";
/// `+01:00`
const OFFSET_BYTES: usize = 6;
const MICROS_PER_MINUTE: i64 = SECONDS_PER_MINUTE * MICROS_PER_SECOND;

impl Zone {
    /// An instant in RFC 3339 with six digits, as this zone's clock shows it, with its offset; in
    /// UTC with `Z`.
    ///
    /// Before there were time zones clocks differed from UTC by odd seconds, which RFC 3339 cannot
    /// write. The offset is then cut to minutes and the clock with it, so that the text still means
    /// the instant. So it does in UTC, where the local year has more digits than four.
    pub fn rfc3339(&self, instant: Timestamp) -> String {
        let mut text = String::with_capacity(TEXT_BYTES + OFFSET_BYTES);
        self.push_rfc3339(instant, &mut text);
        text
    }

    /// Appends the same.
    pub fn push_rfc3339(&self, instant: Timestamp, text: &mut String) {
        let minutes = match self.name() {
            UTC => None,
            _ => Some(self.offset_micros(instant) / MICROS_PER_MINUTE),
        };
        let shown = minutes.and_then(|minutes| {
            let shown = instant.checked_add(minutes * MICROS_PER_MINUTE)?;
            Some((shown, minutes))
        });
        let Some((shown, minutes)) = shown else {
            return push_ascii(&instant.to_ascii(), text);
        };
        let clock = shown.to_ascii();
        push_ascii(clock.strip_suffix(b"Z").unwrap_or(&clock), text);
        let mut offset = *b"+00:00";
        if minutes < 0 {
            offset[0] = b'-';
        }
        write_digits(&mut offset[1..3], minutes.abs() / 60);
        write_digits(&mut offset[4..6], minutes.abs() % 60);
        push_ascii(&offset, text);
    }
}

/// Appends what was written here, all of it ASCII.
fn push_ascii(written: &[u8], text: &mut String) {
    text.extend(written.iter().copied().map(char::from));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn shown(zone: &str, instant: &str) -> String {
        let instant = Timestamp::parse_rfc3339(instant).unwrap();
        Zone::named(zone).unwrap().rfc3339(instant)
    }

    #[test]
    fn a_local_time_has_its_offset_and_utc_has_a_z() {
        for (zone, local) in [
            ("UTC", "2026-02-13T10:28:22.120000Z"),
            ("Europe/London", "2026-02-13T10:28:22.120000+00:00"),
            ("Europe/Berlin", "2026-02-13T11:28:22.120000+01:00"),
            ("America/New_York", "2026-02-13T05:28:22.120000-05:00"),
            ("Asia/Kolkata", "2026-02-13T15:58:22.120000+05:30"),
            ("America/St_Johns", "2026-02-13T06:58:22.120000-03:30"),
        ] {
            assert_eq!(shown(zone, "2026-02-13T10:28:22.12Z"), local);
        }
        assert_eq!(
            shown("Europe/Berlin", "2026-07-01T22:30:00Z"),
            "2026-07-02T00:30:00.000000+02:00"
        );
    }

    #[test]
    fn the_text_always_means_the_instant() {
        let instants = [
            Timestamp::MIN,
            Timestamp::from_micros(-2_500_000_000_000_001),
            Timestamp::from_micros(1_700_000_000_000_001),
            Timestamp::MAX,
        ];
        // Amsterdam was 19 minutes and 32 seconds ahead, Monrovia 44 minutes and a half behind.
        for name in [
            "Europe/Amsterdam",
            "Africa/Monrovia",
            "Pacific/Kiritimati",
            "Etc/GMT+12",
        ] {
            let zone = Zone::named(name).unwrap();
            for instant in instants {
                let text = zone.rfc3339(instant);
                assert_eq!(
                    Timestamp::parse_rfc3339(&text),
                    Ok(instant),
                    "{name}: {text}"
                );
            }
        }
    }
}
