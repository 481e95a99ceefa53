//! Guests for the tests, an example each, built with the standard library.
