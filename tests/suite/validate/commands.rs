//! Packs that want to be allowed what nobody should allow: every rule once in a pack of
//! its own, and in all its spellings.

use std::collections::BTreeSet;

use super::declarations::asking;
use super::{Broken, findings, handler};
use crate::support::{Sandbox, text};

pub fn broken() -> Vec<Broken> {
    let tools = |code, tools: &[&str]| {
        Broken::new(code, format!("{tools:?}"), asking(&handler(), tools, &[]))
    };
    let network = |code, network: &[&str]| {
        Broken::new(code, format!("{network:?}"), asking(&handler(), &[], network))
    };
    let many: Vec<String> = (0..300).map(|at| format!("vault{at} status")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    // each word could be a command of its own, and there are more of them than anybody reads
    let code: Vec<String> =
        (0..60).map(|at| format!("sh -c '{}'", format!("x{at} ").repeat(100))).collect();
    let code: Vec<&str> = code.iter().map(String::as_str).collect();
    vec![
        tools("permissions-too-many", &many),
        tools("tool-runs-anything", &code).alongside(&["tool-is-shell"]),
        tools("permission-repeated", &["vault status", "vault status"]),
        network("permission-repeated", &["vault.example:8200", "vault.example:8200"]),
        tools("tool-runs-anything", &["sh -c *"]),
        tools("tool-is-shell", &["bash -c 'echo hello'"]),
        tools("tool-runs-other-programs", &["sudo vault status"]),
        tools("tool-first-argument-open", &["kubectl *"]),
        tools("tool-argument-path", &["vault list /etc/passwd"]),
        tools("tool-changes-something", &["terraform apply"]),
        tools("tool-destroys-something", &["terraform apply -auto-approve"]),
        tools("tool-prints-secret", &["vault kv get *"]),
        tools("tool-uses-network", &["curl https://acme.example"]),
        tools("tool-reaches-anything", &["curl *"]),
        tools("network-metadata-service", &["vault status --address=http://169.254.169.254"]),
        network("network-metadata-service", &["169.254.169.254:80"]),
    ]
}

/// The codes that each of these gets, in one pack; at most fifty, so that no finding is
/// left out.
fn check(sandbox: &Sandbox, tools: &[&str], network: &[&str], codes: &[&str]) {
    let pack = asking(&handler(), tools, network);
    let path = sandbox.write("spellings.gtpack", pack).display().to_string();
    let findings = findings(&sandbox.gtc(["pack", "validate", &path]));
    let wanted: BTreeSet<&str> = codes.iter().copied().collect();
    let asked = tools.iter().map(|tool| ("tools", tool)).enumerate().collect::<Vec<_>>();
    let addresses = network.iter().map(|address| ("network", address)).enumerate();
    for (at, (kind, asked)) in asked.into_iter().chain(addresses) {
        let place = format!("handlers[handler].permissions.{kind}[{at}]");
        let found = findings.iter().filter(|finding| finding["subject"] == *place);
        let found: BTreeSet<&str> = found.map(|finding| text(&finding["code"])).collect();
        assert_eq!(found, wanted, "`{asked}`");
    }
}

#[test]
fn a_command_is_known_in_every_spelling() {
    let sandbox = Sandbox::new();
    let check = |codes: &[&str], tools: &[&str]| check(&sandbox, tools, &[], codes);
    check(
        &["tool-is-shell"],
        &[
            "sh",
            "bash -l",
            "dash -c x",
            "zsh -c x",
            "ksh93 -c x",
            "fish -c x",
            "busybox sh -c x",
            "BASH.EXE -c x",
            "cmd.exe dir",
        ],
    );
    check(
        &["tool-is-shell"],
        &[
            "pwsh -NoProfile -Command x",
            "powershell.exe -enc x",
            "bash5.1 -c x",
            "rbash",
            "sh version",
        ],
    );
    let shells = [
        "env sh -c x",
        "sudo bash -c x",
        "su -c x sh",
        "timeout 5 zsh",
        "xargs sh -c x",
        "nice -n 5 dash x.sh",
    ];
    check(&["tool-is-shell", "tool-runs-other-programs"], &shells);
    check(
        &["tool-is-shell", "tool-runs-other-programs"],
        &["find . -exec sh -c x", "docker exec web bash", "python3 -c 'run(\"sh\")'"],
    );
    check(
        &["tool-runs-other-programs"],
        &[
            "sudo vault status",
            "doas vault status",
            "su -c x",
            "env",
            "xargs",
            "sudo version",
            "env FOO=1 vault status",
        ],
    );
    check(
        &["tool-runs-other-programs"],
        &[
            "python -c x",
            "python3.12 -m x",
            "perl -e x",
            "perl5.36 -ne x",
            "node -e x",
            "ruby -e x",
            "php8.2 -r x",
            "lua5.4 -e x",
        ],
    );
    check(
        &["tool-runs-other-programs"],
        &[
            "gawk x",
            "deno eval x",
            "Rscript -e x",
            "make x",
            "npx x",
            "ssh host x",
            "find . -exec x",
            "tar -x --to-command=x",
        ],
    );
    check(
        &["tool-runs-other-programs"],
        &[
            "kubectl exec web -- ls",
            "docker run alpine ls",
            "git -c core.pager=x log",
            "podman exec web ls",
            "uv run x",
            "cargo run",
        ],
    );
    check(
        &["tool-runs-anything"],
        &[
            "bash -c *",
            "env *",
            "sudo *",
            "xargs *",
            "python3 -c *",
            "node.exe -e *",
            "ssh *",
            "make *",
            "find . -exec *",
            "git -c core.pager=x *",
        ],
    );
    check(
        &["tool-runs-anything"],
        &["kubectl exec web -- *", "docker run *", "psql -c *", "sqlite3 x.db *", "busybox *"],
    );
    check(
        &["tool-first-argument-open"],
        &["kubectl *", "kubectl -n x *", "kubectl config *", "aws *", "aws --profile x sts *"],
    );
    check(
        &["tool-first-argument-open"],
        &[
            "az account *",
            "gcloud auth *",
            "docker system *",
            "vault token *",
            "terraform state *",
            "git -C x *",
            "unknown *",
        ],
    );
}

#[test]
fn what_a_command_does_is_known_in_every_spelling() {
    let sandbox = Sandbox::new();
    let check = |codes: &[&str], tools: &[&str]| check(&sandbox, tools, &[], codes);
    check(
        &["tool-destroys-something"],
        &[
            "rm -rf x",
            "rm.exe x",
            "grm x",
            "rmdir x",
            "shred x",
            "mkfs.ext4 x",
            "mke2fs x",
            "dd if=x of=y",
            "wipefs x",
            "truncate -s 0 x",
        ],
    );
    check(
        &["tool-destroys-something"],
        &[
            "reboot",
            "reboot --version",
            "poweroff -f",
            "kill -9 1",
            "pkill x",
            "find . -delete",
            "del x",
            "taskkill x",
            "rm version",
        ],
    );
    check(
        &["tool-destroys-something"],
        &[
            "terraform destroy",
            "terraform -chdir=x destroy",
            "tofu apply -auto-approve",
            "terraform apply --auto-approve=true",
            "terraform state rm x",
            "terraform workspace delete x",
        ],
    );
    check(
        &["tool-destroys-something"],
        &[
            "kubectl delete pod x",
            "kubectl -n x delete pod y",
            "kubectl --context x drain y",
            "helm uninstall x",
            "docker system prune -f",
            "docker compose -f x down",
            "docker rm x",
            "podman volume rm x",
            "kind delete cluster",
        ],
    );
    check(
        &["tool-destroys-something"],
        &[
            "aws s3 rm x --recursive",
            "gcloud run services delete x",
            "kubectl --request-timeout 5s delete pods --all",
            "docker --tlscacert ca rm x",
            "helm --burst-limit 5 uninstall x",
            "aws ec2 terminate-instances",
            "aws --region x iam delete-user",
            "az group delete -n x",
            "gcloud compute instances delete x",
            "gcloud projects delete *",
            "vault token revoke x",
            "vault delete x",
            "git clean -fdx",
            "redis-cli FLUSHALL",
            "psql -c 'DROP TABLE x'",
            "mysql -e 'delete from x'",
            "zfs destroy x",
        ],
    );
    check(
        &["tool-destroys-something", "tool-is-shell"],
        &["sh -c 'rm -rf x'", "bash -c 'cd x && rm -r y'", "dash -c 'x; kubectl delete pod y'"],
    );
    check(
        &["tool-destroys-something", "tool-runs-other-programs"],
        &[
            "sudo rm x",
            "sudo -u root rm x",
            "timeout 5 terraform destroy",
            "xargs -n 1 rm",
            "find . -exec rm {} +",
            "python3 -c 'import os; os.system(\"rm x\")'",
        ],
    );
    check(
        &["tool-changes-something"],
        &[
            "terraform apply",
            "terraform init",
            "kubectl apply -f x",
            "kubectl -n x scale deploy y",
            "kubectl rollout restart x",
            "helm upgrade x y",
            "git push",
            "git commit -m x",
            "docker compose up",
            "npm install x",
            "apt-get install x",
            "systemctl restart x",
        ],
    );
    check(
        &["tool-changes-something"],
        &[
            "cp x y",
            "mv x y",
            "chmod 777 x",
            "ln -s x y",
            "tee x",
            "sed -i x",
            "useradd x",
            "iptables -F",
            "vault write x",
            "vault kv put x",
            "aws ec2 run-instances",
            "az vm start",
            "gcloud config set x",
            "psql -c 'update x set y = 1'",
        ],
    );
    check(
        &["tool-prints-secret"],
        &[
            "vault kv get x",
            "vault read x",
            "kubectl get secret x",
            "kubectl -n x get secrets",
            "aws secretsmanager get-secret-value",
            "aws --profile x ssm get-parameter --with-decryption",
            "gcloud auth print-access-token",
            "az account get-access-token",
            "gh auth token",
            "printenv",
            "gpg --export-secret-keys",
        ],
    );
    check(
        &["tool-uses-network"],
        &[
            "curl https://x.example",
            "wget.exe x",
            "nc -z x 80",
            "scp x y",
            "rsync x y",
            "ftp x",
            "socat - TCP:x:80",
        ],
    );
    check(
        &["tool-uses-network", "tool-is-shell"],
        &["sh -c 'curl x | sh'", "bash -c 'wget -qO- x'", "zsh -c '$(curl x)'"],
    );
    check(
        &["tool-reaches-anything"],
        &["curl *", "curl -d * https://x.example", "wget *", "nc * 80", "scp x *"],
    );
    check(
        &["tool-argument-path"],
        &[
            "x /etc/passwd",
            "x --file=/etc/passwd",
            "x file=/etc/passwd",
            "x -f/etc/passwd",
            "x @/etc/passwd",
            "x file:///etc/passwd",
            "x ~/.aws",
            "x '$HOME/.ssh'",
            "x ../y",
            "x 'C:\\x'",
            "x -I../y",
        ],
    );
}

/// What handlers honestly ask has no fault, though it has words in it that would be one
/// elsewhere.
#[test]
fn what_only_looks_has_no_fault() {
    let sandbox = Sandbox::new();
    let check = |tools: &[&str]| check(&sandbox, tools, &[], &[]);
    check(&[
        "kubectl auth can-i create pods",
        "kubectl auth can-i delete * -n *",
        "kubectl get deploy *",
        "kubectl describe pod delete",
        "kubectl config current-context",
        "kubectl rollout status *",
        "kubectl version --client --output=yaml",
        "vault status",
        "vault token lookup",
        "vault secrets list",
        "terraform version -json",
        "terraform validate",
        "terraform workspace show",
        "tofu plan",
        "helm list",
        "helm version --short",
    ]);
    check(&[
        "aws sts get-caller-identity --output text",
        "aws s3 ls *",
        "aws ec2 describe-instances --instance-ids *",
        "az account show --output tsv --query id",
        "az group exists -n *",
        "gcloud auth list --filter=status:ACTIVE '--format=value(account)'",
        "gcloud projects describe *",
        "gcloud config list",
        "gcloud run services list",
        "gcloud deploy releases list",
        "aws deploy list-deployments",
        "az vm run-command list",
        "gcloud version '--format=value(\"Google Cloud SDK\")'",
        "docker inspect *",
        "docker image ls",
        "docker info --format *",
        "docker version --format '{{.Client.Version}}'",
        "gh auth status",
        "gh run list",
        "git rev-parse *",
        "git remote -v",
        "systemctl is-active *",
    ]);
    check(&[
        "python3 --version",
        "python -V",
        "node --version",
        "node -v",
        "bash --version",
        "sudo --version",
        "curl --version",
        "ssh -V",
        "psql --version",
        "psql -h drop.example.com -l",
        "psql -h * -c 'select version()'",
        "redis-cli -h * ping",
        "pg_isready -h * -p *",
        "find . -name *",
        "jq -r .x *",
        "openssl version",
        "java -version",
        "go version",
        "kubectl completion bash",
        "crl fetch *",
    ]);
}

#[test]
fn a_metadata_service_is_known_in_every_notation() {
    let sandbox = Sandbox::new();
    let network = [
        "169.254.169.254:80",
        "169.254.169.254.:80",
        "169.254.170.2:80",
        "2852039166:80",
        "0xA9FEA9FE:80",
        "0xa9.0xfe.0xa9.0xfe:80",
        "0251.0376.0251.0376:80",
        "169.16689662:80",
        "169.254.43518:80",
        "[::ffff:169.254.169.254]:80",
        "[::ffff:a9fe:a9fe]:80",
        "[::169.254.169.254]:80",
        "[64:ff9b::a9fe:a9fe]:80",
        "[2002:a9fe:a9fe::1]:80",
        "[fd00:ec2::254]:80",
        "[FD00:EC2:0:0::254]:80",
        "[fd00:ec2::23]:80",
        "[fd20:ce::254]:80",
        "[fe80::1]:80",
        "metadata.google.internal:80",
        "Metadata.Google.Internal.:80",
        "metadata:80",
        "instance-data:80",
        "100.100.100.200:80",
        "168.63.129.16:80",
        "192.0.0.192:80",
        "169.254.169.254.nip.io:80",
        "x.169-254-169-254.sslip.io:80",
        "a9fea9fe.nip.io:80",
    ];
    check(&sandbox, &[], &network, &["network-metadata-service"]);
    let tools = [
        "x http://169.254.169.254/latest/meta-data/",
        "x http://2852039166/",
        "x http://user@[fd00:ec2::254]:80/x",
        "x http://metadata/x",
        "x --url=http://metadata.google.internal/computeMetadata",
        "x 169.254.169.254",
        "x 100.100.100.200:80",
        "x 'get http://169.254.169.254/'",
    ];
    check(&sandbox, &tools, &[], &["network-metadata-service"]);
    let honest = [
        "127.0.0.1:4317",
        "[::1]:4317",
        "10.0.0.1:80",
        "169.253.0.1:80",
        "vault.example:8200",
        "metadata.example:80",
        "1:80",
    ];
    check(&sandbox, &[], &honest, &[]);
    check(
        &sandbox,
        &["x metadata", "x 2852039166", "x 1.2.3", "x https://acme.example/metadata", "x a::b"],
        &[],
        &[],
    );
}
