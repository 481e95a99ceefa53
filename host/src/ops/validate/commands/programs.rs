//! Programs by what they do, each under all of its usual names.

/// What a program is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It reads commands.
    Shell,
    /// It reads code, or runs another program.
    Runner,
    /// It reads statements of a database, which are code.
    Query,
    /// What it touches is gone afterwards.
    Destroyer,
    /// What it touches is another afterwards.
    Changer,
    /// It fetches and sends.
    Transfer,
    /// It shows what is kept secret.
    Teller,
    /// It says or compares something, and no argument of it does anything.
    Inert,
    /// Its arguments decide.
    Plain,
}

const KINDS: [(Kind, &str); 8] = [
    (
        Kind::Shell,
        "ash bash busybox cmd csh dash elvish fish ksh mksh nu oksh osh pdksh posh powershell pwsh rbash rc rksh rzsh sash sh
        tcsh toybox wsl xonsh yash zsh",
    ),
    (
        Kind::Runner,
        "ansible ansible-playbook at awk batch bun bundle bunx bwrap capsh chroot chrt clojure command cpulimit crystal
        cscript daemonize deno doas dtach ed elixir emacs entr env erl eval ex exec expect fakeroot firejail flock forfiles gawk
        gdb ghc ghci gmake gosu groovy guile iex invoke-command invoke-expression ionice ipython irb jjs jrunscript jshell
        julia just lldb ltrace lua luajit m4 make mawk micropython mshta nawk nice node nodejs nohup npx nsenter numactl nvim
        ocaml octave original-awk osascript parallel perl php pipx pkexec pnpx proot proxychains psexec pypy python pythonw
        qjs quickjs r racket rake regsvr32 rlwrap rscript ruby runas rundll32 runghc runhaskell runuser sbcl scala scheme
        screen script setarch setpriv setsid ssh sshpass start-process start-stop-daemon stdbuf strace su su-exec sudo
        sudoedit swift systemd-run taskset tclsh time timeout tmux torsocks ts-node tsx unbuffer unshare uvx valgrind vi view
        vim watch watchexec winpty wish wmic wscript xargs xterm",
    ),
    (
        Kind::Query,
        "clickhouse clickhouse-client cqlsh duckdb influx isql mariadb mongo mongosh mysql mysqlsh osql pgcli psql snowsql
        sqlcmd sqlite sqlite3 sqlplus usql",
    ),
    (
        Kind::Destroyer,
        "blkdiscard cfdisk cryptsetup dd del delgroup deluser diskpart dropdb dropuser erase fdisk format gdisk groupdel halt
        init kexec kill killall lvremove mke2fs mkfs mkswap parted pkill poweroff pvremove rd reboot remove-item rimraf rm
        rmdir sfdisk sgdisk shred shutdown skill srm stop-process taskkill telinit truncate unlink userdel vgremove wipefs
        xkill",
    ),
    (
        Kind::Changer,
        "adduser attrib bcdedit chattr chgrp chmod chown chpasswd chsh copy cp createdb createuser crontab firewall-cmd
        groupadd icacls insmod install ip6tables iptables ldconfig ln losetup mkdir mknod modprobe mount move mv new-item nft
        passwd patch pg_restore ren rmmod robocopy schtasks set-content setcap setfacl setx swapoff swapon sysctl takeown tee
        touch ufw umount update-alternatives useradd usermod vipw visudo xcopy",
    ),
    (
        Kind::Transfer,
        "aria2c axel bitsadmin certutil curl curlie elinks fetch ftp grpcurl http httpie https invoke-restmethod
        invoke-webrequest iwr lftp links lynx mail mailx msmtp mutt nc ncat ncftp netcat rclone rcp rsync scp sendmail sftp
        smbclient socat start-bitstransfer telnet tftp w3m websocat wget wget2 xh xhs",
    ),
    (Kind::Teller, "pass printenv sops"),
    (Kind::Inert, "echo false printf test true"),
];
/// Those that do what they do whatever they are told: on some systems even when they are
/// asked for their version.
const HEEDLESS: &str = "halt init kexec poweroff reboot shutdown telinit";
/// Names that are words of other programs and of languages too: they name a program only
/// where a command begins.
const WORDS: &str =
    "at batch cmd command copy ed erase eval ex exec fetch format http https init install just kill links mail
    move nu osh pass patch r rc rd ren script test time true false view";
/// Programs that GNU has under another name where the system has its own.
const GNU: &str =
    "awk chgrp chmod chown cp dd env install kill ln make mkdir mv nice nohup rm rmdir shred stdbuf tee timeout
    touch truncate unlink xargs";
/// What programs are called on Windows beside their names.
const ENDINGS: [&str; 5] = [".exe", ".com", ".bat", ".cmd", ".ps1"];

/// A program that a word names.
pub(super) struct Program {
    /// Its usual name.
    pub name: String,
    /// What it is there for.
    pub kind: Kind,
}

impl Program {
    /// The program of this name, or at this path: `/usr/bin/python3.12` is `python`, and
    /// `mkfs.ext4` is `mkfs`.
    pub fn named(word: &str) -> Self {
        let base = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
        let base = ENDINGS.iter().find_map(|ending| base.strip_suffix(ending)).unwrap_or(&base);
        let plain = base.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
        let variant = base.split_once('.').map_or(base, |(stem, _)| stem);
        let gnu = base.strip_prefix('g').filter(|name| holds(GNU, name));
        // one letter and a number is something else
        let variants = [plain, variant].into_iter().filter(|name| name.len() > 1).chain(gnu);
        let known =
            std::iter::once(base).chain(variants).find_map(|name| Some((name, kind(name)?)));
        let (name, kind) = known.unwrap_or((base, Kind::Plain));
        Self { name: name.to_owned(), kind }
    }

    /// Whether it does what it does though it is only asked for its version.
    pub fn is_heedless(&self) -> bool {
        holds(HEEDLESS, &self.name)
    }

    /// Whether its name is a word of something else as well.
    pub fn is_word(&self) -> bool {
        holds(WORDS, &self.name)
    }
}

fn kind(name: &str) -> Option<Kind> {
    KINDS.iter().find(|(_, names)| holds(names, name)).map(|(kind, _)| *kind)
}

/// Whether a name is one of these, which stand between blanks.
pub(super) fn holds(names: &str, name: &str) -> bool {
    names.split_ascii_whitespace().any(|one| one == name)
}
