//! The C ABI of the engine, for `src/feiqian/ledger/native.py`. The only unsafe code there is.
//!
//! ```c
//! typedef struct fq_engine fq_engine;               // one caller at a time
//! struct fq_output { const uint8_t *results; uint64_t results_len; const uint8_t *records; uint64_t records_len; };
//!
//! uint32_t fq_abi(void);                             // FQ_ABI: the binding refuses any other number
//! const char *fq_refusals(void);                     // "name number remembered\n" of each, in order of precedence
//! fq_engine *fq_new(uint64_t seed);
//! void fq_free(fq_engine *);                         // NULL is fine
//! const struct fq_output *fq_output(fq_engine *);    // stays at one address; holds until the next call
//! uint64_t fq_error(fq_engine *, const uint8_t **);  // length and address of the last message (UTF-8)
//!
//! int32_t fq_apply(fq_engine *, const uint8_t *events, uint64_t len, uint64_t seconds, uint32_t day);
//! int32_t fq_replay(fq_engine *, const uint8_t *records, uint64_t len);
//! int32_t fq_account(fq_engine *, const uint8_t id[16], uint64_t out[8]);
//! int32_t fq_used(fq_engine *, const uint8_t id[16], uint64_t out[2]);       // used, cap
//! int32_t fq_remembered(fq_engine *, const uint8_t id[16], uint64_t out[4]); // type, amount, kind, status
//! int32_t fq_claimed(fq_engine *, const uint8_t id[16]);                     // FQ_OK or FQ_NOT_FOUND
//! int32_t fq_moment(fq_engine *, uint64_t out[2]);                           // seconds, day
//! int32_t fq_counts(fq_engine *, uint64_t out[4]);   // accounts, transfers, allowances, claims
//! int32_t fq_totals(fq_engine *);    // to output.records: per currency u64 number, then four sums of u128
//! int32_t fq_check(fq_engine *);
//! int32_t fq_version(fq_engine *, uint64_t out[1]);  // differs after every change
//! int32_t fq_dump(fq_engine *, uint64_t from, uint64_t version, uint64_t next[1]); // to output.records; 0 = the end
//! int32_t fq_load_begin(fq_engine *);                // into an empty engine only; forgets a load under way
//! int32_t fq_load(fq_engine *, const uint8_t *chunk, uint64_t len);
//! int32_t fq_load_end(fq_engine *);                  // the engine is empty still, or has all of the dump
//! int32_t fq_memory_bytes(fq_engine *, uint64_t out[7]);
//!
//! typedef struct fq_code_key fq_code_key;            // never changes: any number of callers
//! fq_code_key *fq_code_key_new(const uint8_t secret[32], uint32_t version);    // version: 0 to 255, else NULL
//! void fq_code_key_free(fq_code_key *);              // NULL is fine
//! uint64_t fq_code_issue(const fq_code_key *, uint64_t device, uint64_t slot); // 17 digits, or FQ_NO_CODE
//! // device << 8 | how many slots before the newest, or 255 if in none of the `count` newest; or FQ_NO_CODE
//! uint64_t fq_code_read(const fq_code_key *, uint64_t digits, uint64_t newest, uint32_t count);
//! ```
//!
//! All integers are little-endian. Every function from `fq_apply` to `fq_memory_bytes` answers with a code of `Code`;
//! FQ_NO_CODE (all bits set) is the answer to what is out of range. After a panic, which
//! is a defect here, the handle answers PANICKED for ever: nothing that it holds may be relied on.
#![deny(unsafe_op_in_unsafe_fn)]

mod code_key;
mod handle;

use std::ffi::c_char;

pub use code_key::{fq_code_issue, fq_code_key_free, fq_code_key_new, fq_code_read};
use feiqian_core::{Loader, Refusal};
use handle::{event_chunks, read, read_id, with, write};
pub use handle::{Code, FqEngine, FqOutput};

/// Changes whenever a function, a code or a format here does.
pub const FQ_ABI: u32 = 3;

#[no_mangle]
pub extern "C" fn fq_abi() -> u32 {
    FQ_ABI
}

/// All refusals in order of precedence, so that the binding can compare them with its own.
#[no_mangle]
pub extern "C" fn fq_refusals() -> *const c_char {
    static LINES: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let line = |r: &Refusal| format!("{} {} {}\n", r.name(), *r as u8, u8::from(r.remembered()));
    LINES.get_or_init(|| Refusal::ALL.iter().map(line).collect::<String>() + "\0").as_ptr().cast()
}

#[no_mangle]
pub extern "C" fn fq_new(seed: u64) -> *mut FqEngine {
    Box::into_raw(Box::new(FqEngine::new(seed)))
}

/// # Safety
/// `engine` is NULL or came from `fq_new`, and is not used again.
#[no_mangle]
pub unsafe extern "C" fn fq_free(engine: *mut FqEngine) {
    if !engine.is_null() {
        // SAFETY: the caller says that `fq_new` boxed it, and that this is its last use.
        drop(unsafe { Box::from_raw(engine) });
    }
}

/// # Safety
/// `engine` is NULL or a live handle. What is returned lives as long as the handle.
#[no_mangle]
pub unsafe extern "C" fn fq_output(engine: *mut FqEngine) -> *const FqOutput {
    // SAFETY: NULL or live, says the caller.
    unsafe { engine.as_ref() }.map_or(std::ptr::null(), |handle| &raw const handle.output)
}

/// # Safety
/// `engine` is a live handle or NULL, `message` is writable or NULL. The message holds until the next call.
#[no_mangle]
pub unsafe extern "C" fn fq_error(engine: *mut FqEngine, message: *mut *const u8) -> u64 {
    // SAFETY: NULL or live and writable, says the caller; both are checked for NULL.
    match unsafe { (engine.as_ref(), message.as_mut()) } {
        (Some(handle), Some(message)) => {
            *message = handle.error.as_ptr();
            handle.error.len() as u64
        }
        _ => 0,
    }
}

/// # Safety
/// `engine` is a live handle or NULL, `events` has `len` readable bytes or is NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_apply(
    engine: *mut FqEngine,
    events: *const u8,
    len: u64,
    seconds: u64,
    day: u32,
) -> Code {
    // SAFETY: the caller's promises are those of `with` and `read`.
    unsafe {
        with(engine, |handle| {
            let events = event_chunks(read(events, len)?, "events")?;
            handle.results.clear();
            handle.records.clear();
            handle.engine.apply(events, seconds, day, &mut handle.results, &mut handle.records);
            handle.publish();
            Ok(())
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL, `records` has `len` readable bytes or is NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_replay(engine: *mut FqEngine, records: *const u8, len: u64) -> Code {
    // SAFETY: the caller's promises are those of `with` and `read`.
    unsafe {
        with(engine, |handle| {
            let records = event_chunks(read(records, len)?, "records")?;
            handle.engine.replay(records).map_err(|refused| (Code::REPLAY_REFUSED, refused.to_string()))
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL, `id` has 16 readable bytes, `out` room for eight numbers, or they are NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_account(engine: *mut FqEngine, id: *const u8, out: *mut u64) -> Code {
    // SAFETY: the caller's promises are those of `with`, `read_id` and `write`.
    unsafe {
        with(engine, |handle| {
            let a = handle.engine.account(&read_id(id)?).ok_or_else(Code::not_found)?;
            let sums = [a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending];
            let [dp, cp, dq, cq] = sums;
            write(out, [a.kind.into(), a.currency.into(), a.overdraft, dp, cp, dq, cq, a.stops.into()])
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL, `id` has 16 readable bytes, `out` room for two numbers, or they are NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_used(engine: *mut FqEngine, id: *const u8, out: *mut u64) -> Code {
    // SAFETY: the caller's promises are those of `with`, `read_id` and `write`.
    unsafe {
        with(engine, |handle| {
            let (used, cap) = handle.engine.used(&read_id(id)?).ok_or_else(Code::not_found)?;
            write(out, [used, cap])
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL, `id` has 16 readable bytes, `out` room for four numbers, or they are NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_remembered(engine: *mut FqEngine, id: *const u8, out: *mut u64) -> Code {
    // SAFETY: the caller's promises are those of `with`, `read_id` and `write`.
    unsafe {
        with(engine, |handle| {
            let t = handle.engine.remembered(&read_id(id)?).ok_or_else(Code::not_found)?;
            write(out, [t.type_.into(), t.amount, t.kind.into(), t.status.into()])
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL, `id` has 16 readable bytes or is NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_claimed(engine: *mut FqEngine, id: *const u8) -> Code {
    // SAFETY: the caller's promises are those of `with` and `read_id`.
    unsafe {
        with(engine, |handle| {
            let claimed = handle.engine.claimed(&read_id(id)?);
            claimed.then_some(()).ok_or_else(Code::not_found)
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL, `out` has room for two numbers or is NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_moment(engine: *mut FqEngine, out: *mut u64) -> Code {
    // SAFETY: the caller's promises are those of `with` and `write`.
    unsafe {
        with(engine, |handle| {
            let (seconds, day) = handle.engine.moment();
            write(out, [seconds, day.into()])
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL, `out` has room for four numbers or is NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_counts(engine: *mut FqEngine, out: *mut u64) -> Code {
    // SAFETY: the caller's promises are those of `with` and `write`.
    unsafe { with(engine, |handle| write(out, handle.engine.counts())) }
}

/// # Safety
/// `engine` is a live handle or NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_totals(engine: *mut FqEngine) -> Code {
    // SAFETY: the caller's promise is that of `with`.
    unsafe {
        with(engine, |handle| {
            handle.records.clear();
            for (currency, t) in handle.engine.totals() {
                handle.records.extend_from_slice(&u64::from(currency).to_le_bytes());
                for sum in [t.debits_posted, t.credits_posted, t.debits_pending, t.credits_pending] {
                    handle.records.extend_from_slice(&sum.to_le_bytes());
                }
            }
            handle.publish();
            Ok(())
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_check(engine: *mut FqEngine) -> Code {
    // SAFETY: the caller's promise is that of `with`.
    unsafe { with(engine, |handle| handle.engine.check().map_err(|what| (Code::INVARIANT_BROKEN, what))) }
}

/// # Safety
/// `engine` is a live handle or NULL, `out` has room for a number or is NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_version(engine: *mut FqEngine, out: *mut u64) -> Code {
    // SAFETY: the caller's promises are those of `with` and `write`.
    unsafe { with(engine, |handle| write(out, [handle.engine.version()])) }
}

/// # Safety
/// `engine` is a live handle or NULL, `next` has room for a number or is NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_dump(engine: *mut FqEngine, from: u64, version: u64, next: *mut u64) -> Code {
    // SAFETY: the caller's promises are those of `with` and `write`.
    unsafe {
        with(engine, |handle| {
            if handle.engine.version() != version {
                return Err((Code::CHANGED, "the engine changed while it was being dumped".into()));
            }
            handle.records.clear();
            let to = handle.engine.dump(from, &mut handle.records);
            handle.publish();
            write(next, [if to < handle.engine.dump_len() { to } else { 0 }])
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_load_begin(engine: *mut FqEngine) -> Code {
    // SAFETY: the caller's promise is that of `with`.
    unsafe {
        with(engine, |handle| {
            if !handle.is_empty() {
                return Err(Code::dump_invalid("a dump is loaded into an empty engine only"));
            }
            handle.loader = Some(Loader::new(handle.seed));
            Ok(())
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL, `chunk` has `len` readable bytes or is NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_load(engine: *mut FqEngine, chunk: *const u8, len: u64) -> Code {
    // SAFETY: the caller's promises are those of `with` and `read`.
    unsafe {
        with(engine, |handle| {
            let chunk = read(chunk, len)?;
            let mut loader = handle.loader.take().ok_or_else(Code::not_loading)?;
            loader.feed(chunk).map_err(Code::dump_invalid)?;
            handle.loader = Some(loader);
            Ok(())
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_load_end(engine: *mut FqEngine) -> Code {
    // SAFETY: the caller's promise is that of `with`.
    unsafe {
        with(engine, |handle| {
            let loader = handle.loader.take().ok_or_else(Code::not_loading)?;
            handle.engine = loader.finish().map_err(Code::dump_invalid)?;
            Ok(())
        })
    }
}

/// # Safety
/// `engine` is a live handle or NULL, `out` has room for seven numbers or is NULL.
#[no_mangle]
pub unsafe extern "C" fn fq_memory_bytes(engine: *mut FqEngine, out: *mut u64) -> Code {
    // SAFETY: the caller's promises are those of `with` and `write`.
    unsafe {
        with(engine, |handle| {
            let m = handle.engine.memory();
            let tables = [m.accounts, m.account_index, m.transfers, m.transfer_index];
            let [a, ai, t, ti] = tables;
            write(out, [a, ai, t, ti, m.holds, m.allowances, m.claims].map(|bytes| bytes as u64))
        })
    }
}
