//! Guests for the tests, an example each, built without the standard library, which is the
//! default of the SDK.
#![no_std]
