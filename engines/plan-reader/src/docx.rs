//! stub
use crate::decode::Decoded;
use crate::error::ReadError;
/// stub
pub fn decode(_bytes: &[u8]) -> Result<Decoded, ReadError> {
    Err(ReadError::NotText)
}
