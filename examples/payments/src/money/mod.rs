//! Money: a whole number of the currency's smallest unit, never a fraction.

mod amount;
mod currency;
mod fee;

pub(crate) use amount::Amount;
pub(crate) use currency::Currency;
pub(crate) use fee::Fee;
