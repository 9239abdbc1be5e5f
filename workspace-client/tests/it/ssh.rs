//! `azml compute connect-ssh` and `azml job connect-ssh`: a real OpenSSH client and server, with the emulator's gateway between them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use xtask::emulator::{Effect, Fault, SshServer};

use crate::compute_commands::Desk;
use crate::support::assert_no_secret;

/// A server for this account alone, on this machine alone. It ends with the test.
struct Sshd {
    process: Child,
    folder: TempDir,
    server: SshServer,
}

impl Sshd {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        for key in ["host", "person"] {
            run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &path(key)]));
        }
        // The program insists on it where it runs as root.
        if user("-u") == "0" {
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = format!(
            "ListenAddress 127.0.0.1\nPort {}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
             UsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n",
            address.port(),
            path("host"),
            path("person.pub")
        );
        std::fs::write(path("sshd_config"), config).unwrap();
        let mut sshd = Command::new("/usr/sbin/sshd");
        sshd.args(["-D", "-e", "-f", &path("sshd_config")]).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut process = sshd.spawn().expect("Debian's openssh-server is installed");
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
        let first = said.next().unwrap().unwrap();
        assert!(first.contains("listening"), "{first}");
        // It would end with a pipe that nobody reads.
        std::thread::spawn(move || said.count());
        Self { process, folder, server: SshServer { address, user: user("-un") } }
    }

    fn key(&self) -> String {
        self.folder.path().join("person").display().to_string()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn user(what: &str) -> String {
    let output = Command::new("id").arg(what).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// A person with a compute instance that runs, and a job with an SSH server.
fn desk(server: Option<SshServer>) -> Desk {
    let desk = Desk::new();
    desk.azure.change_world(|world| {
        world.ssh_server = server;
        world.job_questions = 50;
    });
    desk.azml(&["compute", "create", "-n", "ada-ci", "--type", "computeinstance"]).success();
    desk.home.write(
        "job.yml",
        "command: sleep 1000\nenvironment: {image: i}\nservices:\n  shell: {type: ssh, ssh_public_keys: ssh-ed25519 AAAA}\n",
    );
    desk.azml(&["job", "create", "-f", "job.yml", "-n", "train"]).success();
    desk
}

/// The OpenSSH client asks whether it knows a host, and it looks for the answer in the account's own home.
const KNOWS_NOBODY: &str = "#!/bin/sh\nexec /usr/bin/ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \"$@\"\n";

impl Desk {
    /// Runs azml where `ssh` is the OpenSSH client, which keeps nothing.
    fn ssh(&self, args: &[&str]) -> std::process::Output {
        self.home.write("bin/ssh", KNOWS_NOBODY);
        let program = self.home.path().join("bin/ssh");
        run(Command::new("chmod").arg("+x").arg(&program));
        let path = format!("{}:/usr/bin:/bin", self.home.path().join("bin").display());
        Command::new(env!("CARGO_BIN_EXE_azml"))
            .env_clear()
            .envs(self.home.variables())
            .envs(self.azure.env())
            .env("PATH", path)
            .current_dir(self.home.path())
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

#[test]
fn a_session_on_a_compute_instance_runs_a_command_and_ends_as_it_does() {
    let sshd = Sshd::start();
    let desk = desk(Some(sshd.server.clone()));
    let session = |command: &[&str]| {
        let key = sshd.key();
        desk.ssh(&[&["compute", "connect-ssh", "-n", "ada-ci", "-f", &key, "--"], command].concat())
    };
    let output = session(&["echo", "from", "$((40 + 2))"]);
    let told = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((told.0.as_ref(), output.status.code()), ("from 42\n", Some(0)), "{}", told.1);
    assert_eq!(session(&["exit", "7"]).status.code(), Some(7));
    let much = session(&["head", "-c", "3000000", "/dev/zero"]);
    assert_eq!(much.stdout.len(), 3_000_000);
    let gateway = desk.azure.requests().into_iter().find(|request| request.path == "/nbip/v1.0/ws-tcp").unwrap();
    assert_eq!(gateway.host, "ada-ci-22.westeurope.instances.azureml.ms");
    for output in [output, much] {
        assert_no_secret(&desk.azure, "what the session printed", &[output.stdout, output.stderr].concat());
    }
}

#[test]
fn what_an_ssh_client_says_is_carried_to_where_a_job_runs() {
    let sshd = Sshd::start();
    let desk = desk(Some(sshd.server.clone()));
    let mut proxy = Command::new(env!("CARGO_BIN_EXE_azml"))
        .env_clear()
        .envs(desk.home.variables())
        .envs(desk.azure.env())
        .current_dir(desk.home.path())
        .args(["job", "ssh-proxy", "--name", "train"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut greeting = String::new();
    let mut lines = BufReader::new(proxy.stdout.take().unwrap());
    lines.read_line(&mut greeting).unwrap();
    assert!(greeting.starts_with("SSH-2.0-OpenSSH"), "{greeting}");
    let mut input = proxy.stdin.take().unwrap();
    input.write_all(b"SSH-2.0-nobody\r\n").unwrap();
    drop(input);
    let mut rest = Vec::new();
    lines.read_to_end(&mut rest).unwrap();
    assert!(proxy.wait().unwrap().success());
    let gateway = desk.azure.requests().into_iter().find(|request| request.path == "/nbip/v1.0/ws-tcp").unwrap();
    assert_eq!(gateway.host, "ssh-train.westeurope.nodes.azureml.ms");
}

#[test]
fn an_ssh_client_is_told_where_to_go() {
    let desk = desk(None);
    desk.home.write("bin/ssh", "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 3\n");
    run(Command::new("chmod").arg("+x").arg(desk.home.path().join("bin/ssh")));
    let asked = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_azml"))
            .env_clear()
            .envs(desk.home.variables())
            .envs(desk.azure.env())
            .env("PATH", format!("{}:/usr/bin:/bin", desk.home.path().join("bin").display()))
            .current_dir(desk.home.path())
            .args(args)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().replace(env!("CARGO_BIN_EXE_azml"), "/bin/azml")
    };
    let told = [
        asked(&["compute", "connect-ssh", "-n", "ada-ci", "-f", "key"]),
        asked(&["job", "connect-ssh", "-n", "train", "--", "nvidia-smi"]),
    ];
    insta::assert_snapshot!("ssh_arguments", told.join("\n"));
}

#[test]
fn who_cannot_be_reached_is_told_with_the_reason() {
    let desk = desk(None);
    desk.azml(&["compute", "create", "-n", "cpu", "--type", "amlcompute"]).success();
    desk.home.write("plain.yml", "command: sleep 1000\nenvironment: {image: i}\n");
    desk.azml(&["job", "create", "-f", "plain.yml", "-n", "plain"]).success();
    let mut told = String::new();
    let mut wrong = |args: &[&str]| {
        let run = desk.azml(args);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{args:?}: {}", run.stderr);
        told += &["$ azml ", &args.join(" "), "\n", &run.stderr, "\n"].concat();
    };
    wrong(&["compute", "connect-ssh", "-n", "cpu"]);
    wrong(&["compute", "ssh-proxy", "-n", "ada-ci"]);
    wrong(&["job", "connect-ssh", "-n", "plain"]);
    wrong(&["job", "connect-ssh", "-n", "train", "-i", "3"]);
    desk.azure.add_fault(Fault::new("/nbip/v1.0/ws-tcp", Effect::CloseConnection));
    wrong(&["job", "ssh-proxy", "-n", "train"]);
    desk.azure.clear_faults();
    desk.azml(&["compute", "stop", "-n", "ada-ci"]).success();
    wrong(&["compute", "connect-ssh", "-n", "ada-ci"]);
    insta::with_settings!({filters => vec![(r"correlation id \S+", "correlation id [id]")], omit_expression => true}, {
        insta::assert_snapshot!("ssh_errors", told);
    });
}
