//! Numbers that look random and are the same every time, and choices that few values win mostly.
//!
//! What is made of them is compared byte for byte between machines and versions, so neither the numbers nor
//! the order in which they are drawn may ever change.

/// SplitMix64: as fast as a multiplication, and any number will do as a seed, neighbours included.
#[derive(Debug, Clone, Copy)]
pub struct Random(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads the bits of a number over all of its bits.
pub const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl Random {
    /// The numbers of one purpose: other purposes and other numbers have others.
    pub const fn of(seed: u64, purpose: u64, number: u64) -> Self {
        Self(mix(seed.wrapping_mul(GOLDEN) ^ mix(purpose)).wrapping_add(mix(number ^ GOLDEN)))
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number below `end`, which is at least 1.
    pub const fn below(&mut self, end: u64) -> u64 {
        ((self.next() as u128 * end as u128) >> 64) as u64
    }

    /// A number from 0 up to 1.
    pub const fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in so many of a thousand cases.
    pub const fn in_thousand(&mut self, cases: u64) -> bool {
        self.below(1000) < cases
    }
}

/// Choices by Zipf's law, in constant time (Walker's alias method).
#[derive(Debug)]
pub struct Skewed {
    /// For each column how much of it is its own, in 2⁻³², and whose the rest is.
    columns: Vec<(u64, u32)>,
}

impl Skewed {
    /// Choices of 0 to `many` − 1, of which number k has the weight 1 ∕ (k + 1)^`exponent`.
    pub fn zipf(many: usize, exponent: f64) -> Self {
        Self::weighted((0..many).map(|rank| ((rank + 1) as f64).powf(-exponent)))
    }

    /// Choices of as many numbers as there are weights.
    pub fn weighted(weights: impl Iterator<Item = f64>) -> Self {
        let mut shares: Vec<f64> = weights.collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        for share in &mut shares {
            *share /= mean;
        }
        let mut columns: Vec<(u64, u32)> = (0..shares.len())
            .map(|column| (1 << 32, column as u32))
            .collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..shares.len()).partition(|&at| shares[at] < 1.0);
        while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
            columns[poor] = ((shares[poor] * (1_u64 << 32) as f64) as u64, rich as u32);
            shares[rich] -= 1.0 - shares[poor];
            if shares[rich] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Self { columns }
    }

    /// The choice that 64 random bits make.
    pub fn pick(&self, bits: u64) -> u32 {
        let column = ((u128::from(bits) * self.columns.len() as u128) >> 64) as usize;
        // The product's lower half says where in the column.
        let place = bits.wrapping_mul(self.columns.len() as u64) >> 32;
        let (own, other) = self.columns[column];
        if place < own { column as u32 } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zipf_gives_the_first_twice_as_often_as_the_second() {
        let skewed = Skewed::zipf(100, 1.0);
        let mut random = Random::of(1, 2, 3);
        let mut counts = [0_u32; 100];
        for _ in 0..1_000_000 {
            counts[skewed.pick(random.next()) as usize] += 1;
        }
        // 1 / H(100) = 0.1928
        assert!((190_000..196_000).contains(&counts[0]), "{}", counts[0]);
        assert!((94_500..98_500).contains(&counts[1]), "{}", counts[1]);
        assert!((1_700..2_150).contains(&counts[99]), "{}", counts[99]);
    }
}
