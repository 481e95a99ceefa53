//! Fuzzes environment files: a file that loads can be changed and saved, and loads again as
//! it was saved.

use std::cell::RefCell;
use std::path::Path;

use env_pack_domain::{EnvId, ForeignText, change};
use gtc_fs::read::without_byte_order_mark;
use gtc_store::{Change, ChangeError, Request, Store};

thread_local! {
    /// A folder of the store, in memory if possible, because every run writes.
    static FOLDER: RefCell<tempfile::TempDir> = RefCell::new({
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        tempfile::tempdir_in(parent).expect("a folder")
    });
}

/// Loads the input as `environment.json`.
pub(crate) fn environment(data: &[u8]) {
    FOLDER.with_borrow(|folder| check(folder.path(), data));
}

fn check(root: &Path, data: &[u8]) {
    let id: EnvId = "local".parse().expect("an id");
    let folder = root.join("local");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("environment.json"), data).expect("a file");
    let store = Store::new(root);
    let stored = match store.load(&id) {
        Ok(stored) => stored,
        Err(error) => {
            let text = error.to_string();
            assert_eq!(ForeignText::new(text.as_str()).to_string(), text, "it is not escaped");
            return;
        }
    };
    let Some(binding) = stored.environment.bindings().next() else { return };
    let changed = change::remove(stored.environment.clone(), &binding.key())
        .expect("it is bound")
        .environment;
    let request = Request::new("env-packs update", None, &(), jiff::Timestamp::UNIX_EPOCH);
    let saved = store.change(&id, &request, |_| {
        let change = Change::recorded(Vec::new(), ());
        Ok::<_, ChangeError>(Change { environment: Some(changed.clone()), ..change })
    });
    if stored.faults.iter().any(|fault| fault.unknown_slot.is_none()) {
        saved.expect_err("a malformed binding prevents changes");
        assert_eq!(std::fs::read(folder.join("environment.json")).expect("a file"), data);
        return;
    }
    saved.expect("it can be written");
    assert_eq!(store.load(&id).expect("a saved file loads").environment, changed);
    assert_eq!(
        other_members(&std::fs::read(folder.join("environment.json")).expect("a file")),
        other_members(data)
    );
}

/// The members of the document that `gtc` does not own.
fn other_members(text: &[u8]) -> serde_json::Map<String, serde_json::Value> {
    let text = without_byte_order_mark(text);
    let mut members = serde_json::from_slice::<serde_json::Map<_, _>>(text).unwrap_or_default();
    members.remove("packs");
    members.remove("extensions");
    members
}
