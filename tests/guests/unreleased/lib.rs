//! Guests for the tests, an example each, of the version of the interface that is not released.
