//! Dice that always fall the same way for the same seed: no part of a simulation asks anything else for chance.

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and good enough for waiting lines.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Different purposes get different dice of one seed, so that one more roll here changes nothing there.
    pub fn new(seed: u64, purpose: u64) -> Dice {
        let mut dice = Dice(seed ^ purpose.wrapping_mul(0xA076_1D64_78BD_642F));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly from 0 (included) to 1 (not).
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn happens(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// 0 to `n` − 1; 0 when there is nothing to choose from.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.share() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Waiting for something that has no memory: exponential with this mean.
    pub fn wait(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    /// How long work takes: lognormal with this mean, and a spread that makes one in ten twice as long.
    pub fn work(&mut self, mean: f64) -> f64 {
        const SIGMA: f64 = 0.6;
        // Box and Muller, one of the pair
        let (u, v) = (1.0 - self.share(), self.share());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        mean * (SIGMA * normal - SIGMA * SIGMA / 2.0).exp()
    }

    /// One of several, by weight.
    pub fn pick<'a, T>(&mut self, choices: &'a [(T, f64)]) -> Option<&'a T> {
        let total: f64 = choices.iter().map(|(_, weight)| weight).sum();
        let mut left = self.share() * total;
        let found = choices.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        found.or(choices.last()).map(|(choice, _)| choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(mut roll: impl FnMut(&mut Dice) -> f64) -> f64 {
        let mut dice = Dice::new(1, 2);
        (0..20_000).map(|_| roll(&mut dice)).sum::<f64>() / 20_000.0
    }

    #[test]
    fn the_dice_are_fair_and_fall_the_same_way() {
        assert!((mean(Dice::share) - 0.5).abs() < 0.01);
        assert!((mean(|dice| dice.wait(300.0)) - 300.0).abs() < 10.0);
        assert!((mean(|dice| dice.work(300.0)) - 300.0).abs() < 10.0);
        assert!(
            (mean(|dice| f64::from(u8::from(*dice.pick(&[(true, 3.0), (false, 1.0)]).unwrap()))) - 0.75).abs() < 0.02
        );
        let rolls = |purpose| (0..5).map(|_| Dice::new(7, purpose).next()).collect::<Vec<_>>();
        assert_eq!(rolls(1), rolls(1));
        assert_ne!(rolls(1), rolls(2));
    }
}
