//! Recognises that the engine failed because this machine, or this process, has too little of
//! something.

use std::io;

use gtc_fs::shortage::is_shortage;
use rustix::io::Errno;

/// Returns the error of the operating system or the allocator that made the engine fail, if it
/// is a shortage; none if the component did.
pub(crate) fn shortage(error: &wasmtime::Error) -> Option<io::Error> {
    let cause = error.root_cause();
    if cause.is::<wasmtime::OutOfMemory>() {
        return Some(io::ErrorKind::OutOfMemory.into());
    }
    let errno = match cause.downcast_ref::<Errno>() {
        Some(errno) => *errno,
        None => Errno::from_io_error(cause.downcast_ref()?)?,
    };
    Some(io::Error::from(errno)).filter(is_shortage)
}
