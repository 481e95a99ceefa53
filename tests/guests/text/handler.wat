;; A handler in the text format of WebAssembly: what the interface comes down to.
(module
  (memory (export "memory") 1)
  ;; a text is an address and a length, in eight bytes
  (data (i32.const 0) "\20\00\00\00\12\00\00\00")
  (data (i32.const 8) "\40\00\00\00\04\00\00\00")
  (data (i32.const 32) "acme.sessions.text")
  (data (i32.const 64) "^0.1")

  ;; slots are counted from 0: deployer, secrets, telemetry, sessions
  (func (export "greentic:env-pack/handler@0.1.0#slot") (result i32) (i32.const 3))
  (func (export "greentic:env-pack/handler@0.1.0#descriptor-path") (result i32) (i32.const 0))
  (func (export "greentic:env-pack/handler@0.1.0#supported-versions") (result i32) (i32.const 8))
  ;; a list is an address and a length too; this one is empty, since its eight bytes are 0
  (func (export "greentic:env-pack/handler@0.1.0#preflight") (result i32) (i32.const 16)))
