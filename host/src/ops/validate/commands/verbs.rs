//! Subcommands: which words of a command they are, and what they do.

use super::programs::holds;

/// Options that are followed by their value, in the programs whose subcommands are told
/// apart here.
const WITH_VALUE: &str = "-C -H -L -a -c -f -h -l -n -o -p -s -u --address --as --as-group --cluster --config --configuration
    --context --endpoint-url --file --filter --format --git-dir --host --kube-context --kubeconfig --log-level --namespace
    --org --output --profile --project --project-directory --query --region --repo --server --subscription --tenant --token
    --user --work-tree --zone";
/// Clouds: every word is a group of others until one is a verb.
const CLOUDS: &str = "aliyun aws az doctl exo gcloud hcloud ibmcloud linode-cli oci scw";
/// Services of theirs that are called like a verb.
const SERVICES: &str = "deploy import run";
/// How many words lead to a verb of theirs at most.
const CLOUD_DEPTH: usize = 6;
const CONTAINERS: &str =
    "builder buildx compose config container context image kube machine manifest network node plugin pod
    secret service stack swarm system trust volume";
const INFRASTRUCTURE: &str = "metadata providers state workspace";
const CLUSTERS: &str = "adm auth certificate config create get rollout set";
/// Programs, and those of their subcommands that have subcommands themselves.
const GROUPS: [(&str, &str); 18] = [
    ("argocd", "account app appset cert cluster context gpg proj repo repocreds"),
    ("consul", "acl catalog config connect intention kv operator services snapshot tls"),
    ("docker", CONTAINERS),
    ("flux", "create delete export get resume suspend"),
    (
        "gh",
        "alias auth cache codespace config extension gist gpg-key issue label org pr project release repo run secret ssh-key
        variable workflow",
    ),
    ("git", "bisect bundle config lfs notes reflog remote stash submodule worktree"),
    ("glab", "alias auth ci config issue label mr release repo schedule snippet variable"),
    ("helm", "dependency plugin registry repo"),
    ("kind", "build create delete export get load"),
    ("kubectl", CLUSTERS),
    ("nerdctl", CONTAINERS),
    ("nomad", "acl alloc deployment job namespace node operator quota server system var volume"),
    ("npm", "access cache config hook org pkg profile team token"),
    ("oc", CLUSTERS),
    ("podman", CONTAINERS),
    ("terraform", INFRASTRUCTURE),
    ("tofu", INFRASTRUCTURE),
    ("vault", "audit auth kv lease namespace operator pki plugin policy secrets token transit"),
];
/// Programs that have subcommands, and no groups of them.
const FLAT: &str = "ansible-galaxy apk apt apt-get brew buildah cargo choco composer crictl ctr dnf docker-compose eksctl etcdctl
    fly flyctl gem go heroku incus istioctl k3d kustomize launchctl limactl lxc minikube multipass net pip pnpm podman-compose
    poetry pulumi redis-cli reg sc service skopeo snap svn systemctl terragrunt uv vagrant virsh winget yarn yum zfs zpool
    zypper";
/// What only looks: behind these come things, and no subcommands.
const LOOKS: &str =
    "can check describe diff estimate exists get head help info inspect list lookup ls plan preview print ps
    query read scan search show simulate stat status test validate verify version view wait whoami";
const DESTROYS: &str = "abandon clean decommission del delete deregister destroy down drain drop erase evict flushall flushdb
    forget kill nuke obliterate poweroff prune purge reboot remove reset revoke rm rmi terminate uninstall unregister wipe";
const CHANGES: &str = "add annotate apply approve assign associate attach cancel checkout commit cordon cp create deploy detach
    disable disassociate edit enable expose import init install label merge migrate modify move mv patch pause promote publish
    push put register rename replace restart restore resume rollback rotate scale seal send set start stop suspend sync taint
    uncordon undo unpause unseal unset untaint up update upgrade upload write";
/// What is given another program or code to run.
const RUNS: &str = "console debug dlx eval evalsha exec execute execute-command invoke repl rsh run run-command send-command shell ssh";
/// Commands that show a secret.
const TELLS: [&str; 32] = [
    "aws configure export-credentials",
    "aws configure get",
    "aws ecr get-login-password",
    "aws eks get-token",
    "aws rds generate-db-auth-token",
    "aws secretsmanager batch-get-secret-value",
    "aws secretsmanager get-secret-value",
    "aws ssm get-parameter",
    "aws ssm get-parameters",
    "aws ssm get-parameters-by-path",
    "aws sso get-role-credentials",
    "aws sts assume-role",
    "aws sts get-session-token",
    "az account get-access-token",
    "az keyvault secret show",
    "bw get",
    "consul kv get",
    "gcloud auth application-default print-access-token",
    "gcloud auth print-access-token",
    "gcloud auth print-identity-token",
    "gcloud config config-helper",
    "gcloud secrets versions access",
    "gh auth token",
    "heroku auth:token",
    "kubectl create token",
    "op item",
    "op read",
    "security find-generic-password",
    "security find-internet-password",
    "vault kv get",
    "vault read",
    "vault unwrap",
];
/// Options by which any program does more than its subcommand says.
const DESTROYING_OPTIONS: &str = "-auto-approve --auto-approve -delete --delete -destroy --destroy --force-delete --prune --purge";
const CHANGING_OPTIONS: &str = "-fls -fprint -fprint0 -fprintf --in-place";
const TELLING_OPTIONS: &str =
    "--export-secret-keys --export-secret-subkeys --show-secrets --show-token --with-decryption";
/// Options that are given a program to run.
const RUNNING_OPTIONS: &str = "--checkpoint-action -exec --exec -execdir --info-script -ok -okdir --rsh --to-command --use-compress-program";
/// How arguments begin in which a program is named that is run.
const RUNNING_WORDS: [&str; 13] = [
    "--config-env=",
    "alias.",
    "core.editor=",
    "core.fsmonitor=",
    "core.hookspath=",
    "core.pager=",
    "core.sshcommand=",
    "credential.helper=",
    "diff.external=",
    "exec:",
    "localcommand=",
    "proxycommand=",
    "system:",
];

/// What a command does beside looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Destroys,
    Changes,
    Runs,
    Tells,
    /// The handler chooses the subcommand.
    Open,
}

/// Whether it is a program that has subcommands.
pub(super) fn are_known(program: &str) -> bool {
    holds(FLAT, program) || holds(CLOUDS, program) || groups(program).is_some()
}

/// What the arguments of a program say that it does.
pub(super) fn deeds(program: &str, args: &[&str]) -> Vec<Deed> {
    let path = path(program, args);
    // what stands behind a look is what is looked at
    let verbs = path.iter().position(|word| holds(LOOKS, verb(word))).unwrap_or(path.len());
    let words =
        path[..verbs].iter().enumerate().filter(|(at, word)| !is_service(program, *at, word));
    let mut deeds: Vec<Deed> = words.filter_map(|(_, word)| deed(program, word)).collect();
    if args.first() == Some(&"*") || path.last() == Some(&"*") {
        deeds.push(Deed::Open);
    }
    let leads = |tells: &&str| {
        let mut words = tells.split(' ');
        words.next() == Some(program)
            && words.enumerate().all(|(at, word)| path.get(at) == Some(&word))
    };
    let shows_secrets = path.first() == Some(&"get") && args.iter().any(|arg| is_secret_kind(arg));
    let shows_raw = path.starts_with(&["config", "view"]) && args.contains(&"--raw");
    if TELLS.iter().any(leads) || shows_secrets || shows_raw {
        deeds.push(Deed::Tells);
    }
    deeds.extend(args.iter().filter_map(|arg| of_option(program, arg)));
    deeds
}

/// What an option makes a program do, whatever program it is.
fn of_option(program: &str, arg: &str) -> Option<Deed> {
    let lower = arg.to_ascii_lowercase();
    let name = lower.split('=').next().unwrap_or_default();
    let is_off = lower.ends_with("=false");
    match name {
        _ if holds(RUNNING_OPTIONS, name)
            || RUNNING_WORDS.iter().any(|word| lower.starts_with(word)) =>
        {
            Some(Deed::Runs)
        }
        _ if holds(DESTROYING_OPTIONS, name) && !is_off => Some(Deed::Destroys),
        _ if holds(CHANGING_OPTIONS, name) || program == "sed" && name.starts_with("-i") => {
            Some(Deed::Changes)
        }
        _ if holds(TELLING_OPTIONS, name) && !is_off => Some(Deed::Tells),
        _ => None,
    }
}

/// Whether `kubectl get` and its like are asked for secrets: `secret`, `secrets/x`,
/// `pods,secrets`.
fn is_secret_kind(arg: &str) -> bool {
    arg.split(['/', ',', '.']).any(|kind| kind == "secret" || kind == "secrets")
}

fn groups(program: &str) -> Option<&'static str> {
    GROUPS.iter().find(|(name, _)| *name == program).map(|(_, groups)| *groups)
}

/// The subcommands of a command: groups, and then what is done; a star where the handler
/// chooses.
fn path<'a>(program: &str, args: &[&'a str]) -> Vec<&'a str> {
    let groups = groups(program);
    let depth = match groups {
        Some(_) => 2,
        None if program == "aws" => 2,
        None if holds(CLOUDS, program) => CLOUD_DEPTH,
        None => 1,
    };
    let mut path: Vec<&str> = Vec::new();
    let mut may_be_value = false;
    let mut args = args.iter().copied();
    while let Some(arg) = args.next() {
        if arg.starts_with(['-', '+']) {
            match holds(WITH_VALUE, arg) {
                true => drop(args.next()),
                false => may_be_value = !arg.contains('='),
            }
            continue;
        }
        let says = groups.is_some_and(|groups| holds(groups, arg))
            || holds(LOOKS, verb(arg))
            || deed(program, arg).is_some();
        // what stands behind an option that nobody knows, and is no subcommand that is known, is
        // its value
        if std::mem::take(&mut may_be_value) && arg != "*" && !says {
            continue;
        }
        if arg == "*" && !are_known(program) {
            // nobody knows whether it has subcommands, or what the option before it means
            break;
        }
        path.push(arg);
        let leads_on = match groups {
            Some(groups) => holds(groups, arg),
            None if is_service(program, path.len() - 1, arg) => true,
            None => arg != "*" && !holds(LOOKS, verb(arg)) && deed(program, arg).is_none(),
        };
        if !leads_on || path.len() == depth {
            break;
        }
    }
    path
}

/// Whether a word is the name of a service of a cloud, though elsewhere it is what is
/// done: `gcloud run services list`.
fn is_service(program: &str, at: usize, word: &str) -> bool {
    let is_first = at == 0 && holds(SERVICES, word);
    holds(CLOUDS, program) && is_first || program == "az" && word == "run-command"
}

/// `delete` of `delete-objects`.
fn verb(word: &str) -> &str {
    word.split(['-', ':']).next().unwrap_or(word)
}

fn deed(program: &str, word: &str) -> Option<Deed> {
    let is_group = groups(program).is_some_and(|groups| holds(groups, word));
    let word = word.to_ascii_lowercase();
    match (word.as_str(), verb(&word)) {
        // groups of things, and not what is done with them
        ("label" | "run", _) if is_group => None,
        // what is run is chosen from what is there
        ("exec" | "run", _) if !are_known(program) => Some(Deed::Changes),
        (word, _) if holds(RUNS, word) && are_known(program) => Some(Deed::Runs),
        (_, verb) if holds(DESTROYS, verb) => Some(Deed::Destroys),
        (_, verb) if verb == "run" || holds(CHANGES, verb) => Some(Deed::Changes),
        _ => None,
    }
}
