//! Guests for the tests, one example each; built with the standard library.
