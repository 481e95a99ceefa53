//! Tries the features of the standard library, and reports the results: none of them reaches
//! the machine.

use std::fmt::Debug;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs, io, process, thread};

use env_pack_sdk::{
    DescriptorPath, Handler, Outcome, Slot, ToolCheck, VersionReq, binding, export,
};

struct Witness;

impl Handler for Witness {
    const SLOT: Slot = Slot::Telemetry;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("test.telemetry.std-witness");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^1");

    fn preflight() -> Vec<ToolCheck> {
        println!("printing goes nowhere");
        match binding::answers_json().as_str() {
            "{\"exit\": 0}" => process::exit(0),
            "{\"exit\": 7}" => {
                eprintln!("these are my last words");
                process::exit(7)
            }
            "{\"random\": \"much\"}" => ask_for_randomness(1 << 40),
            _ => {}
        }
        let check = |(name, found): (&str, String)| ToolCheck {
            name: name.to_owned(),
            description: "the result".to_owned(),
            outcome: Outcome::Ok(Some(found)),
        };
        [files(), network(), processes(), time_and_chance()]
            .into_iter()
            .flatten()
            .map(check)
            .collect()
    }
}

fn files() -> Vec<(&'static str, String)> {
    let entries = |folder| fs::read_dir(folder).map(Iterator::count);
    vec![
        ("current folder", describe(env::current_dir())),
        ("list /", describe(entries("/"))),
        ("list .", describe(entries("."))),
        ("read /etc/passwd", describe(fs::read("/etc/passwd"))),
        ("read ../../etc/passwd", describe(fs::read("../../etc/passwd"))),
        ("read /proc/self/environ", describe(fs::read("/proc/self/environ"))),
        ("open /dev/tty", describe(fs::File::open("/dev/tty"))),
        ("write /tmp/x", describe(fs::write("/tmp/x", "x"))),
        ("write x", describe(fs::write("x", "x"))),
        ("make a folder", describe(fs::create_dir("/tmp/folder"))),
        ("make a link", describe(fs::hard_link("/etc/passwd", "/tmp/x"))),
    ]
}

fn network() -> Vec<(&'static str, String)> {
    vec![
        ("connect", describe(TcpStream::connect("127.0.0.1:1"))),
        ("listen", describe(TcpListener::bind("127.0.0.1:0"))),
        ("datagrams", describe(UdpSocket::bind("0.0.0.0:0"))),
        ("look a name up", describe(("localhost", 80).to_socket_addrs().map(Iterator::count))),
    ]
}

fn processes() -> Vec<(&'static str, String)> {
    vec![
        ("variables", env::vars_os().count().to_string()),
        ("arguments", env::args_os().count().to_string()),
        ("standard input", describe(io::read_to_string(io::stdin()))),
        ("another program", describe(process::Command::new("sh").spawn().map(|_| ()))),
        ("another thread", describe(thread::Builder::new().spawn(|| ()).map(|_| ()))),
    ]
}

fn time_and_chance() -> Vec<(&'static str, String)> {
    let start = Instant::now();
    thread::sleep(Duration::from_millis(5));
    let slept = start.elapsed() >= Duration::from_millis(5);
    let year = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map(|time| time.as_secs() / 31_556_952 + 1970);
    let chance = || RandomState::new().hash_one(0);
    vec![
        ("sleeps", slept.to_string()),
        ("knows the year", year.is_ok_and(|year| year >= 2026).to_string()),
        ("chance differs", (chance() != chance()).to_string()),
    ]
}

/// The result, or the kind of error.
fn describe<T: Debug>(result: io::Result<T>) -> String {
    result.map_or_else(|error| format!("{:?}", error.kind()), |found| format!("{found:?}"))
}

/// Requests more random bytes than the standard library does.
fn ask_for_randomness(bytes: u64) {
    #[link(wasm_import_module = "wasi:random/random@0.2.0")]
    unsafe extern "C" {
        #[link_name = "get-random-bytes"]
        fn get_random_bytes(bytes: u64, list: *mut [usize; 2]);
    }
    let mut list = [0; 2];
    // SAFETY: the import writes address and length of a list, which is never read.
    unsafe { get_random_bytes(bytes, &mut list) }
}

export!(Witness);
