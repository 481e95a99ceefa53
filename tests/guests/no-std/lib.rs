//! Guests for the tests, one example each; built with the SDK as it is by default,
//! without the standard library.
#![no_std]
