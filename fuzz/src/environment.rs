//! Environment files: what can be read can be changed and written, and read again as what
//! was written.

use std::cell::RefCell;
use std::path::Path;

use env_pack_domain::{EnvId, ForeignText, change};
use gtc::store::Store;

thread_local! {
    /// A store in memory where there is such a place, because every run writes.
    static FOLDER: RefCell<tempfile::TempDir> = RefCell::new({
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        tempfile::tempdir_in(place).expect("a folder")
    });
}

/// Any bytes as `environment.json`.
pub fn environment(data: &[u8]) {
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
    let changed =
        change::remove(&stored.environment, &binding.key()).expect("it is bound").environment;
    let mut session = store.open(&id).expect("it was read before");
    session.save(&changed, &stored.pins).expect("it can be written");
    assert_eq!(store.load(&id).expect("what we write, we read").environment, changed);
    assert_eq!(
        foreign(&std::fs::read(folder.join("environment.json")).expect("a file")),
        foreign(data)
    );
}

/// The members of the document that are not ours.
fn foreign(text: &[u8]) -> serde_json::Map<String, serde_json::Value> {
    let mut members = serde_json::from_slice::<serde_json::Map<_, _>>(text).unwrap_or_default();
    ["packs", "extensions"].iter().for_each(|ours| drop(members.remove(*ours)));
    members
}
