//! The users and groups of this machine, by `/etc/passwd` and `/etc/group`.
//!
//! Accounts of a directory service are not in these files. They have numbers here, and their groups
//! count as shared.

use std::path::Path;

use super::read::read_capped;

/// The largest file that is read. A hundred thousand accounts fit.
const MAX_BYTES: u64 = 8 << 20;

/// The accounts that are listed in files.
pub(crate) struct Accounts {
    users: Vec<User>,
    groups: Vec<Group>,
}

struct User {
    name: String,
    id: u32,
    /// The primary group.
    group: u32,
}

struct Group {
    name: String,
    id: u32,
    /// Names of users that have it as a supplementary group.
    members: Vec<String>,
}

impl Accounts {
    /// Reads the files of this machine. One that cannot be read counts as empty.
    pub(crate) fn read() -> Self {
        let text = |path| {
            let bytes = read_capped(Path::new(path), MAX_BYTES).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Self::parse(&text("/etc/passwd"), &text("/etc/group"))
    }

    fn parse(passwd: &str, group: &str) -> Self {
        let users = passwd.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let &[name, _, id, group, ..] = fields.as_slice() else { return None };
            Some(User { name: name.to_owned(), id: id.parse().ok()?, group: group.parse().ok()? })
        });
        let groups = group.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let &[name, _, id, members] = fields.as_slice() else { return None };
            let members = members.split(',').map(str::trim).filter(|name| !name.is_empty());
            let members = members.map(str::to_owned).collect();
            Some(Group { name: name.to_owned(), id: id.parse().ok()?, members })
        });
        Self { users: users.collect(), groups: groups.collect() }
    }

    /// The name of a user, or the number if there is none.
    pub(crate) fn user(&self, id: u32) -> String {
        let user = self.users.iter().find(|user| user.id == id);
        user.map_or_else(|| id.to_string(), |user| format!("{} ({id})", user.name))
    }

    /// The name of a group, or the number if there is none.
    pub(crate) fn group(&self, id: u32) -> String {
        let group = self.groups.iter().find(|group| group.id == id);
        group.map_or_else(|| id.to_string(), |group| format!("{} ({id})", group.name))
    }

    /// Returns true if a group is listed, and has no other member than this user and root.
    pub(crate) fn is_private(&self, group: u32, user: u32) -> bool {
        let is_own = |id: u32| id == 0 || id == user;
        let is_own_name = |name: &String| {
            let mut named = self.users.iter().filter(|it| it.name == *name).peekable();
            named.peek().is_some() && named.all(|it| is_own(it.id))
        };
        let mut listed = self.groups.iter().filter(|it| it.id == group).peekable();
        listed.peek().is_some()
            && listed.all(|it| it.members.iter().all(is_own_name))
            && self.users.iter().filter(|it| it.group == group).all(|it| is_own(it.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n\
        alice:x:1000:1000:,,,:/home/alice:/bin/sh\n\
        bob:x:1001:1001::/home/bob:/bin/sh\n\
        carol:x:1002:100::/home/carol:/bin/sh\n\
        dave:x:1003:100::/home/dave:/bin/sh\n\
        broken:x:many:100::/:/bin/sh\n";
    const GROUP: &str = "root:x:0:\nalice:x:1000:\nbob:x:1001:alice\nusers:x:100:\n\
        wheel:x:10:root,alice\nghost:x:11:alice,no-account\nshort:x:12\n";

    #[test]
    fn a_private_group_has_one_member() {
        let accounts = Accounts::parse(PASSWD, GROUP);
        let is_private = |group, user| accounts.is_private(group, user);
        assert!(is_private(1000, 1000), "a group of the user's own");
        assert!(is_private(10, 1000), "root may do everything anyway");
        assert!(!is_private(10, 1001), "another user is listed");
        assert!(!is_private(1001, 1001), "a supplementary member");
        assert!(!is_private(1000, 1001), "the primary group of another user");
        assert!(!is_private(100, 1002), "the primary group of several users");
        assert!(!is_private(11, 1000), "a member without an account may get one");
        assert!(!is_private(12, 1000) && !is_private(77, 1000), "a group that is not listed");
        assert!(!Accounts::parse("", "").is_private(0, 0));
    }

    #[test]
    fn accounts_have_names_or_numbers() {
        let accounts = Accounts::parse(PASSWD, GROUP);
        assert_eq!((accounts.user(1001), accounts.user(77)), ("bob (1001)".into(), "77".into()));
        assert_eq!((accounts.group(100), accounts.group(77)), ("users (100)".into(), "77".into()));
        assert_eq!(Accounts::read().user(0), "root (0)");
    }
}
