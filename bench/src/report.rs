//! What is said of many times that were measured.

use std::time::Duration;

/// Times in order.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that this part of them (0 to 1) does not exceed, in milliseconds.
    pub fn millis(&self, part: f64) -> f64 {
        let rank = (self.0.len() as f64 * part).ceil() as usize;
        let time = self.0.get(rank.clamp(1, self.0.len().max(1)) - 1);
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }
}

/// A number with a comma before every third digit.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times = Times::of((1..=100).rev().map(Duration::from_millis).collect());
        assert!((times.millis(0.5) - 50.0).abs() < 1e-9);
        assert!((times.millis(0.99) - 99.0).abs() < 1e-9);
        assert!((times.millis(1.0) - 100.0).abs() < 1e-9);
        assert!(Times::default().millis(0.5).is_nan());
    }

    #[test]
    fn numbers_are_grouped_from_the_right() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
