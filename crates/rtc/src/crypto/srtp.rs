//! SRTP: AES-GCM by `ring`, AES in counter mode and the key derivation by the `aes` crate, which
//! uses the processor's instructions where it has them.

use std::fmt;

use aes::cipher::{Array, BlockCipherEncrypt, InnerIvInit, KeyInit, StreamCipher};
use aes::{Aes128, Aes256};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use str0m::crypto::{
    AeadAes128GcmCipher, AeadAes256GcmCipher, Aes128CmSha1_80Cipher, CryptoError, SrtpProvider,
    SupportedAeadAes128Gcm, SupportedAeadAes256Gcm, SupportedAes128CmSha1_80,
};

const TAG_LEN: usize = 16;

#[derive(Debug)]
pub(super) struct Srtp;

impl SrtpProvider for Srtp {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        &CounterMode
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        &Gcm
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        &Gcm
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        if let Ok(cipher) = Aes128::new_from_slice(key) {
            ecb_round(&cipher, input, output);
        }
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        if let Ok(cipher) = Aes256::new_from_slice(key) {
            ecb_round(&cipher, input, output);
        }
    }
}

/// Encrypts one block. The key derivation of RFC 3711, section 4.3.3 reads nothing after it.
fn ecb_round(
    cipher: &impl BlockCipherEncrypt<BlockSize = aes::cipher::consts::U16>,
    input: &[u8],
    output: &mut [u8],
) {
    let mut block = [0; 16];
    block.copy_from_slice(&input[..16]);
    let mut block = Array::from(block);
    cipher.encrypt_block(&mut block);
    output[..16].copy_from_slice(&block);
}

#[derive(Debug)]
struct CounterMode;

impl SupportedAes128CmSha1_80 for CounterMode {
    fn create_cipher(&self, key: [u8; 16], _encrypt: bool) -> Box<dyn Aes128CmSha1_80Cipher> {
        Box::new(CounterCipher(Aes128::new(&key.into())))
    }
}

struct CounterCipher(Aes128);

impl fmt::Debug for CounterCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CounterCipher").finish_non_exhaustive()
    }
}

impl Aes128CmSha1_80Cipher for CounterCipher {
    fn encrypt(
        &mut self,
        iv: &[u8; 16],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        let output = output
            .get_mut(..input.len())
            .ok_or_else(|| failed("output is too short"))?;
        output.copy_from_slice(input);
        let core = ctr::CtrCore::inner_iv_init(self.0.clone(), iv.into());
        ctr::Ctr128BE::<Aes128>::from_core(core).apply_keystream(output);
        Ok(())
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 16],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.encrypt(iv, input, output)
    }
}

#[derive(Debug)]
struct Gcm;

impl SupportedAeadAes128Gcm for Gcm {
    fn create_cipher(&self, key: [u8; 16], _encrypt: bool) -> Box<dyn AeadAes128GcmCipher> {
        Box::new(GcmCipher::new(&AES_128_GCM, &key))
    }
}

impl SupportedAeadAes256Gcm for Gcm {
    fn create_cipher(&self, key: [u8; 32], _encrypt: bool) -> Box<dyn AeadAes256GcmCipher> {
        Box::new(GcmCipher::new(&AES_256_GCM, &key))
    }
}

/// `None` if the key has the wrong length, which the types of the callers exclude.
struct GcmCipher(Option<LessSafeKey>);

impl fmt::Debug for GcmCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GcmCipher").finish_non_exhaustive()
    }
}

impl GcmCipher {
    fn new(algorithm: &'static Algorithm, key: &[u8]) -> Self {
        Self(UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new))
    }

    fn key(&self) -> Result<&LessSafeKey, CryptoError> {
        self.0.as_ref().ok_or_else(|| failed("no key"))
    }

    fn seal(
        &self,
        iv: [u8; 12],
        aad: &[u8],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        let (text, rest) = output
            .split_at_mut_checked(input.len())
            .ok_or_else(|| failed("output is too short"))?;
        let tag_place = rest
            .get_mut(..TAG_LEN)
            .ok_or_else(|| failed("output is too short"))?;
        text.copy_from_slice(input);
        let nonce = Nonce::assume_unique_for_key(iv);
        let tag = self
            .key()?
            .seal_in_place_separate_tag(nonce, Aad::from(aad), text)
            .map_err(|_| failed("encryption"))?;
        tag_place.copy_from_slice(tag.as_ref());
        Ok(())
    }

    fn open(
        &self,
        iv: [u8; 12],
        aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        let length = input
            .len()
            .checked_sub(TAG_LEN)
            .ok_or_else(|| failed("packet is too short"))?;
        let (text, tag) = input.split_at(length);
        let output = output
            .get_mut(..length)
            .ok_or_else(|| failed("output is too short"))?;
        output.copy_from_slice(text);
        let tag = tag.try_into().map_err(|_| failed("tag"))?;
        let nonce = Nonce::assume_unique_for_key(iv);
        let joined;
        let aad = match aads {
            [one] => *one,
            many => {
                joined = many.concat();
                joined.as_slice()
            }
        };
        self.key()?
            .open_in_place_separate_tag(nonce, Aad::from(aad), tag, output, 0..)
            .map_err(|_| failed("authentication"))?;
        Ok(length)
    }
}

macro_rules! gcm_ciphers {
    ($($cipher:ident),*) => {$(
        impl $cipher for GcmCipher {
            fn encrypt(
                &mut self,
                iv: &[u8; 12],
                aad: &[u8],
                input: &[u8],
                output: &mut [u8],
            ) -> Result<(), CryptoError> {
                self.seal(*iv, aad, input, output)
            }

            fn decrypt(
                &mut self,
                iv: &[u8; 12],
                aads: &[&[u8]],
                input: &[u8],
                output: &mut [u8],
            ) -> Result<usize, CryptoError> {
                self.open(*iv, aads, input, output)
            }
        }
    )*};
}

// The traits differ only in the length of the key, which `create_cipher` takes.
gcm_ciphers!(AeadAes128GcmCipher, AeadAes256GcmCipher);

fn failed(what: &str) -> CryptoError {
    CryptoError::Other(format!("SRTP: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3711, section B.2: keystream of AES in counter mode.
    #[test]
    fn counter_mode_is_that_of_rfc_3711() {
        let key = [
            0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF,
            0x4F, 0x3C,
        ];
        let iv = [
            0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0,
            0,
        ];
        let mut out = [0; 16];
        let mut cipher = CounterMode.create_cipher(key, true);
        cipher.encrypt(&iv, &[0; 16], &mut out).unwrap();
        let expected = [
            0xE0, 0x3E, 0xAD, 0x09, 0x35, 0xC9, 0x5E, 0x80, 0xE1, 0x66, 0xB1, 0x6D, 0xD9, 0x2B,
            0x4E, 0xB4,
        ];
        assert_eq!(out, expected);
    }

    /// RFC 3711, section B.3: key derivation, first block of the cipher key.
    #[test]
    fn key_derivation_block_is_that_of_rfc_3711() {
        let master = [
            0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE,
            0x41, 0x39,
        ];
        let input = [
            0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6, 0,
            0,
        ];
        let mut out = [0; 32];
        Srtp.srtp_aes_128_ecb_round(&master, &input, &mut out);
        let expected = [
            0xC6, 0x1E, 0x7A, 0x93, 0x74, 0x4F, 0x39, 0xEE, 0x10, 0x73, 0x4A, 0xFE, 0x3F, 0xF7,
            0xA0, 0x87,
        ];
        assert_eq!(out[..16], expected);
    }

    #[test]
    fn gcm_opens_what_it_sealed_and_refuses_a_changed_packet() {
        let cipher = GcmCipher::new(&AES_128_GCM, &[7; 16]);
        let mut sealed = [0; 5 + TAG_LEN];
        cipher
            .seal([1; 12], &[2; 12], b"hello", &mut sealed)
            .unwrap();
        let mut text = [0; 5];
        let parts: [&[u8]; 2] = [&[2; 4], &[2; 8]];
        assert_eq!(cipher.open([1; 12], &parts, &sealed, &mut text).unwrap(), 5);
        assert_eq!(&text, b"hello");
        sealed[0] ^= 1;
        assert!(cipher.open([1; 12], &parts, &sealed, &mut text).is_err());
        assert!(cipher.open([1; 12], &parts, &[0; 3], &mut text).is_err());
    }
}
