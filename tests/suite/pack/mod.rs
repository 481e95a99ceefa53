//! `gtc pack`.

mod bench;
mod bundles;
mod inspect;
mod multiple_signers;
mod sign;
mod test;
mod validate;
