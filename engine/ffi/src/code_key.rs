//! Payment codes over the C ABI: a key behind a handle, which nothing changes once it is made.

use std::panic::{catch_unwind, AssertUnwindSafe};

use feiqian_core::CodeKey;

use crate::handle::read;

/// The answer to what is out of range.
const NO_CODE: u64 = u64::MAX;
const IN_NONE: u64 = 255;

/// # Safety
/// `secret` has 32 readable bytes or is NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_code_key_new(secret: *const u8, version: u32) -> *mut CodeKey {
    // SAFETY: the caller's promise is that of `read`.
    let secret = unsafe { read(secret, 32) }.ok().and_then(|bytes| bytes.try_into().ok());
    match (secret, u8::try_from(version)) {
        (Some(secret), Ok(version)) => Box::into_raw(Box::new(CodeKey::new(secret, version))),
        _ => std::ptr::null_mut(),
    }
}

/// # Safety
/// `key` is NULL or came from `fq_code_key_new`, and is not used again.
#[no_mangle]
pub unsafe extern "C" fn fq_code_key_free(key: *mut CodeKey) {
    if !key.is_null() {
        // SAFETY: the caller says that `fq_code_key_new` boxed it, and that this is its last use.
        drop(unsafe { Box::from_raw(key) });
    }
}

/// # Safety
/// `key` is NULL or a live handle.
#[no_mangle]
pub unsafe extern "C" fn fq_code_issue(key: *const CodeKey, device: u64, slot: u64) -> u64 {
    // SAFETY: the caller's promise is that of `with_key`.
    unsafe { with_key(key, |key| key.issue(device, slot)) }
}

/// # Safety
/// `key` is NULL or a live handle.
#[no_mangle]
pub unsafe extern "C" fn fq_code_read(key: *const CodeKey, digits: u64, newest: u64, count: u32) -> u64 {
    let packed = |(device, back): (u64, Option<u32>)| device << 8 | back.map_or(IN_NONE, u64::from);
    // SAFETY: the caller's promise is that of `with_key`.
    unsafe { with_key(key, |key| key.read(digits, newest, count).map(packed)) }
}

/// A panic would be a defect here; the key cannot be left half changed by one, so that it only gives no code.
///
/// # Safety
/// `key` is NULL or a live handle.
unsafe fn with_key(key: *const CodeKey, call: impl FnOnce(&CodeKey) -> Option<u64>) -> u64 {
    // SAFETY: NULL or live, says the caller.
    let key = unsafe { key.as_ref() };
    catch_unwind(AssertUnwindSafe(|| key.and_then(call))).ok().flatten().unwrap_or(NO_CODE)
}
