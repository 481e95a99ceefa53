//! `--idempotency-key`, for every verb that changes an environment.

shared_arguments! {
    /// Idempotency key; written to the audit log and returned
    #[arg(id = "idempotency_key", long = "idempotency-key", value_name = "KEY")]
    #[schemars(description = "Idempotency key")]
    IdempotencyKey { key: Option<String> }
}
