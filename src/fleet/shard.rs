//! One part of the tenants of many.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use super::name::hash;

/// `I/N`: the tenants of one machine of N, which are counted from 0. Which they are depends on
/// their names alone: a new tenant moves no other to another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    of: NonZeroU32,
}

/// A text that is no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// It is not two numbers.
    #[error("`{0}` is not of the form I/N, such as `0/8` for the first of 8 parts")]
    Form(String),
    /// There is no such part.
    #[error("there is no part {index} of {of}: parts are counted from 0, so the last one is `{}/{of}`", of - 1)]
    Beyond {
        /// The part that was named.
        index: u32,
        /// How many there are.
        of: u32,
    },
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Shard, ShardError> {
        let form = || ShardError::Form(text.to_owned());
        let number = |text: &str| -> Option<u32> {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|_| digits)
        };
        let (index, of) = text.split_once('/').ok_or_else(form)?;
        let (index, of) = (
            number(index).ok_or_else(form)?,
            number(of).and_then(NonZeroU32::new).ok_or_else(form)?,
        );
        match index < of.get() {
            true => Ok(Shard { index, of }),
            false => Err(ShardError::Beyond {
                index,
                of: of.get(),
            }),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl Shard {
    /// Every part of so many.
    pub fn all(of: NonZeroU32) -> impl Iterator<Item = Shard> {
        (0..of.get()).map(move |index| Shard { index, of })
    }

    /// Whether a tenant belongs to this part.
    pub fn holds(self, tenant: &str) -> bool {
        hash(tenant) % u64::from(self.of.get()) == u64::from(self.index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in [
            "",
            "1",
            "a/b",
            "1/0",
            "0/0",
            "-1/2",
            "+1/2",
            "1/2/3",
            " 0/2",
            "99999999999/2",
        ] {
            assert!(
                matches!(text.parse::<Shard>(), Err(ShardError::Form(_))),
                "{text}"
            );
        }
        let error = "8/8".parse::<Shard>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no part 8 of 8: parts are counted from 0, so the last one is `7/8`"
        );
    }

    proptest! {
        #[test]
        fn every_tenant_is_in_exactly_one_part(name in ".{0,20}", of in 1_u32..40) {
            let of = NonZeroU32::new(of).unwrap();
            prop_assert_eq!(Shard::all(of).filter(|shard| shard.holds(&name)).count(), 1);
        }
    }

    #[test]
    fn the_parts_are_about_even() {
        let of = NonZeroU32::new(8).unwrap();
        for shard in Shard::all(of) {
            let held = (0..800)
                .filter(|n| shard.holds(&format!("customer-{n:03}")))
                .count();
            assert!((60..=140).contains(&held), "{shard}: {held}");
        }
    }
}
