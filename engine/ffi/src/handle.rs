//! The handle behind the C ABI: it catches panics, checks pointers and keeps what is handed out alive.

use std::panic::{catch_unwind, AssertUnwindSafe};

use feiqian_core::{Engine, Id, Loader, EVENT_SIZE};

/// How a call ended.
#[allow(non_camel_case_types, clippy::upper_case_acronyms)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Code {
    OK = 0,
    NOT_FOUND = 1,
    /// A null pointer, or a length that cannot be.
    INPUT_INVALID = 2,
    REPLAY_REFUSED = 3,
    INVARIANT_BROKEN = 4,
    DUMP_INVALID = 5,
    CHANGED = 6,
    PANICKED = 7,
}

/// A code other than OK, with its message.
pub type Failure = (Code, String);

impl Code {
    pub(crate) fn not_found() -> Failure {
        (Code::NOT_FOUND, String::new())
    }

    pub(crate) fn dump_invalid(what: impl ToString) -> Failure {
        (Code::DUMP_INVALID, what.to_string())
    }

    pub(crate) fn not_loading() -> Failure {
        (Code::INPUT_INVALID, "no load is under way".into())
    }

    fn null() -> Failure {
        (Code::INPUT_INVALID, "a pointer is null".into())
    }
}

/// Where the results and records of the last call lie.
#[repr(C)]
pub struct FqOutput {
    results: *const u8,
    results_len: u64,
    records: *const u8,
    records_len: u64,
}

/// An engine with its buffers.
pub struct FqEngine {
    pub(crate) engine: Engine,
    pub(crate) seed: u64,
    pub(crate) loader: Option<Loader>,
    pub(crate) results: Vec<u8>,
    pub(crate) records: Vec<u8>,
    pub(crate) output: FqOutput,
    pub(crate) error: String,
    panicked: bool,
}

impl FqEngine {
    pub(crate) fn new(seed: u64) -> Self {
        let nothing = std::ptr::NonNull::dangling().as_ptr();
        FqEngine {
            engine: Engine::new(seed),
            seed,
            loader: None,
            results: Vec::new(),
            records: Vec::new(),
            output: FqOutput { results: nothing, results_len: 0, records: nothing, records_len: 0 },
            error: String::new(),
            panicked: false,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.engine.counts() == [0; 4] && self.engine.moment() == (0, 0)
    }

    /// Says where the buffers lie now.
    pub(crate) fn publish(&mut self) {
        self.output = FqOutput {
            results: self.results.as_ptr(),
            results_len: self.results.len() as u64,
            records: self.records.as_ptr(),
            records_len: self.records.len() as u64,
        };
    }
}

/// Runs a call. A panic makes this and every later call answer PANICKED.
///
/// # Safety
/// `engine` is NULL, or a live handle that nobody else is using.
pub(crate) unsafe fn with(
    engine: *mut FqEngine,
    call: impl FnOnce(&mut FqEngine) -> Result<(), Failure>,
) -> Code {
    // SAFETY: NULL or live, and ours alone, says the caller.
    let Some(handle) = (unsafe { engine.as_mut() }) else {
        return Code::INPUT_INVALID;
    };
    if handle.panicked {
        return Code::PANICKED;
    }
    match catch_unwind(AssertUnwindSafe(|| call(handle))) {
        Ok(Ok(())) => Code::OK,
        Ok(Err((code, message))) => {
            handle.error = message;
            code
        }
        Err(panic) => {
            handle.panicked = true;
            handle.error = message_of(panic.as_ref());
            Code::PANICKED
        }
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

/// # Safety
/// `bytes` is NULL or has `len` readable bytes that nobody changes during the call.
pub(crate) unsafe fn read<'a>(bytes: *const u8, len: u64) -> Result<&'a [u8], Failure> {
    let len = usize::try_from(len).ok().filter(|len| *len <= isize::MAX as usize);
    match len {
        None => Err((Code::INPUT_INVALID, "a length is too large".into())),
        Some(0) => Ok(&[]),
        Some(_) if bytes.is_null() => Err(Code::null()),
        // SAFETY: not null, within what a slice may have, and readable, says the caller; bytes need no alignment.
        Some(len) => Ok(unsafe { std::slice::from_raw_parts(bytes, len) }),
    }
}

/// # Safety
/// `id` is NULL or has 16 readable bytes.
pub(crate) unsafe fn read_id(id: *const u8) -> Result<Id, Failure> {
    // SAFETY: as the caller says.
    let bytes = unsafe { read(id, 16) }?;
    bytes.try_into().map(Id).map_err(|_| Code::null())
}

/// # Safety
/// `out` is NULL or has room for `N` numbers.
pub(crate) unsafe fn write<const N: usize>(out: *mut u64, numbers: [u64; N]) -> Result<(), Failure> {
    if out.is_null() {
        return Err(Code::null());
    }
    // SAFETY: not null, and room for them, says the caller; the write does not rely on alignment.
    unsafe { out.cast::<[u64; N]>().write_unaligned(numbers) };
    Ok(())
}

/// The bytes as events of 80 bytes.
pub(crate) fn event_chunks<'a>(bytes: &'a [u8], what: &str) -> Result<&'a [[u8; EVENT_SIZE]], Failure> {
    if bytes.len() % EVENT_SIZE != 0 {
        let message = format!("{} bytes are not a whole number of {what} of {EVENT_SIZE} bytes", bytes.len());
        return Err((Code::INPUT_INVALID, message));
    }
    // SAFETY: the same bytes, seen as arrays: no alignment, no remainder. (`as_chunks` does so since Rust 1.88; a
    // Debian of today has 1.85.)
    Ok(unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / EVENT_SIZE) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_panic_the_handle_answers_nothing() {
        let mut handle = FqEngine::new(1);
        // SAFETY: the handle is live and this test's alone.
        let panicked = unsafe { with(&mut handle, |_| panic!("a defect")) };
        assert_eq!((panicked, handle.error.as_str()), (Code::PANICKED, "a defect"));
        // SAFETY: as above.
        assert_eq!(unsafe { with(&mut handle, |_| Ok(())) }, Code::PANICKED);
    }

    #[test]
    fn null_pointers_are_refused() {
        // SAFETY: null is what these functions allow.
        unsafe {
            assert_eq!(with(std::ptr::null_mut(), |_| Ok(())), Code::INPUT_INVALID);
            assert!(read(std::ptr::null(), 1).is_err());
            assert!(read(std::ptr::null(), 0).is_ok());
            assert!(read_id(std::ptr::null()).is_err());
            assert!(write(std::ptr::null_mut(), [0]).is_err());
            assert!(read([0].as_ptr(), u64::MAX).is_err());
        }
    }
}
