//! Private keys in all forms of PKCS#8, and in forms that it does not have.

use super::key;
use crate::error::KeyError;
use crate::key::{PrivateKey, PublicKey};
use crate::pem;

const ALGORITHM: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";

/// An element in DER.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u8::try_from(content.len()).expect("a short element");
    let head = if len < 0x80 { vec![tag, len] } else { vec![tag, 0x81, len] };
    [head, content.to_vec()].concat()
}

fn private_key(parts: &[&[u8]]) -> Result<PublicKey, KeyError> {
    let file = pem::encode(&element(0x30, &parts.concat()), "PRIVATE KEY");
    PrivateKey::from_pem(file.as_bytes()).map(|key| key.public())
}

fn version(number: u8) -> Vec<u8> {
    element(0x02, &[number])
}

fn seed(bytes: &[u8]) -> Vec<u8> {
    element(0x04, &element(0x04, bytes))
}

/// The 32 bytes of the public key of the seed of ones.
fn public() -> Vec<u8> {
    let spki = pem::decode(key(1).public().to_pem().as_bytes(), "PUBLIC KEY").expect("a block");
    spki[12..].to_vec()
}

fn bits(key: &[u8]) -> Vec<u8> {
    [&[0], key].concat()
}

/// An attribute with a friendly name, as key stores write it.
fn attributes(name: &str) -> Vec<u8> {
    let name = element(0x31, &element(0x1e, name.as_bytes()));
    let id = element(0x06, b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14");
    element(0xa0, &element(0x30, &[id, name].concat()))
}

#[test]
fn both_versions_may_have_attributes() {
    let expected = Ok(key(1).public());
    let seed = seed(&[1; 32]);
    let public_key = element(0x81, &bits(&public()));
    let wrapped = element(0xa1, &element(0x03, &bits(&public())));
    let long = attributes(&"a name".repeat(20));
    for rest in [&[][..], &attributes("a"), &long] {
        assert_eq!(private_key(&[&version(0), ALGORITHM, &seed, rest]), expected);
        assert_eq!(private_key(&[&version(1), ALGORITHM, &seed, rest]), expected);
        for public in [&public_key, &wrapped] {
            assert_eq!(private_key(&[&version(1), ALGORITHM, &seed, rest, public]), expected);
        }
    }
}

#[test]
fn other_forms_are_refused_with_the_reason() {
    let seed_of_ones = seed(&[1; 32]);
    let public_key = element(0x81, &bits(&public()));
    let check = |parts: &[&[u8]], reason: &str| {
        let error = private_key(parts).expect_err(reason).to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    };
    let one = version(0);
    check(&[&version(2), ALGORITHM, &seed_of_ones], "neither 1 nor 2");
    check(&[&one, ALGORITHM, &seed_of_ones, &public_key], "version 1 has no public key");
    check(&[&one, ALGORITHM, &seed(&[1; 31])], "private key does not have 32 bytes");
    check(&[&one, ALGORITHM, &seed_of_ones, &[0x05, 0]], "an element is missing");
    check(&[&one, ALGORITHM], "is not in DER, or is cut off");
    check(&[&one, ALGORITHM, &element(0x04, &[0x04, 33, 1])], "cut off");
    let long_form = [0x04, 0x81, 34, 0x04, 32].iter().copied().chain([1; 32]);
    check(&[&one, ALGORITHM, &long_form.collect::<Vec<u8>>()], "not in DER");
    let doubled = [element(0x04, &[1; 32]), vec![0]].concat();
    check(&[&one, ALGORITHM, &element(0x04, &doubled)], "bytes follow the private key");
    let with_public = |public: &[u8]| element(0x81, public);
    let two = version(1);
    for short in [&public()[..], &bits(&public()[1..]), &[]] {
        let short = with_public(short);
        check(&[&two, ALGORITHM, &seed_of_ones, &short], "public key does not have 32 bytes");
    }
    check(&[&two, ALGORITHM, &seed_of_ones, &public_key, &[0]], "bytes follow the public key");
    let of_another = with_public(&bits(&[2; 32]));
    check(&[&two, ALGORITHM, &seed_of_ones, &of_another], "does not belong to its private key");
    let x25519 = b"\x30\x05\x06\x03\x2b\x65\x6e";
    check(&[&one, x25519, &seed_of_ones], "does not hold an Ed25519 private key");
    let followed = [element(0x30, &[&one, ALGORITHM, &seed_of_ones].concat()), vec![0]].concat();
    let error = PrivateKey::from_pem(pem::encode(&followed, "PRIVATE KEY").as_bytes());
    assert!(error.expect_err("refused").to_string().contains("bytes follow the key"));
    let encrypted = key(1).to_pem().replace("PRIVATE", "ENCRYPTED PRIVATE");
    let error = PrivateKey::from_pem(encrypted.as_bytes()).expect_err("refused").to_string();
    assert_eq!(error, "it holds `ENCRYPTED PRIVATE KEY`, expected `PRIVATE KEY`");
}
