"""A Hugging Face Hub on loopback, in memory: what `huggingface_hub` needs to push to it and to read from it.

    with LoopbackHub() as hub:
        hub.run("from huggingface_hub import HfApi; HfApi().create_repo('me/model')")
        hub.files("me/model")  # {".gitattributes": b"..."}

The client is the real one. It reads its settings when it is imported, so it runs in a process of its own (`run`).
Every commit of a repository is the whole of its files; a revision is a branch, a tag or the name of a commit.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

USER = "tester"
LARGE = (".safetensors", ".bin", ".parquet", ".arrow", ".png", ".jpg", ".gif", ".mp4", ".zip")
REPO = r"(?P<kind>models|datasets|spaces)/(?P<name>[^/]+/[^/]+)"
FILES = r"/(?:(?P<kind>datasets|spaces)/)?(?P<name>[^/]+/[^/]+)"
OPERATIONS = "revision|tree|preupload|commit|paths-info|refs|commits|branch|tag"
ABOUT_A_REPO = f"/api/{REPO}(?:/(?P<what>{OPERATIONS})(?:/(?P<of>[^/]+)(?:/(?P<path>.*))?)?)?"


@dataclass(frozen=True)
class Blob:
    """A file; a large one goes through git LFS."""

    data: bytes
    large: bool = False

    @property
    def git_id(self):
        return hashlib.sha1(b"blob %d\0" % len(self.data) + self.data).hexdigest()

    @property
    def sha256(self):
        return hashlib.sha256(self.data).hexdigest()

    @property
    def etag(self):
        return self.sha256 if self.large else self.git_id

    def described(self, path):
        found = {"type": "file", "path": path, "size": len(self.data), "oid": self.git_id}
        if self.large:
            found["lfs"] = {"oid": self.sha256, "size": len(self.data), "pointerSize": 134}
        return found


@dataclass
class Repo:
    private: bool = False
    commits: dict = field(default_factory=dict)  # name: {path: Blob}
    titles: list = field(default_factory=list)  # (name, title), the oldest first
    branches: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)

    def __post_init__(self):
        self.commit("main", {".gitattributes": Blob(b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n")}, "first")

    def commit(self, branch, files, title):
        name = hashlib.sha1(f"{title} {len(self.commits)}".encode()).hexdigest()
        self.commits[name], self.branches[branch] = files, name
        self.titles.append((name, title))
        return name

    def find(self, revision):
        """A revision's commit and files."""
        revision = unquote(revision or "main")
        name = self.branches.get(revision) or self.tags.get(revision) or revision
        if name not in self.commits:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return name, self.commits[name]


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status, code="", message=""):
        super().__init__(message or code)
        self.status, self.code = status, code


class LoopbackHub:
    """The server, and what it holds.

    Fields:
        url: its endpoint.
        repos: [`Repo`] by (kind, name), such as ("models", "me/model").
        requests: (method, path) of each request, in order.
    """

    def __enter__(self):
        self.repos, self.uploads, self.requests, self.lock = {}, {}, [], threading.RLock()
        self.asked, self.broken = Counter(), set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._home = tempfile.TemporaryDirectory(prefix="refsam-hub-")
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._home.cleanup()

    def files(self, name, kind="models", revision="main"):
        """The files of a repository: their bytes by their paths."""
        return {path: blob.data for path, blob in self.repos[kind, name].find(revision)[1].items()}

    def break_off(self, operation, number):
        """The so-manieth request of a kind will fail, counted from 1: "upload" of a large file, or "commit"."""
        self.broken.add((operation, number))

    def run(self, code, *arguments, timeout=120, **environment):
        """Runs Python code whose Hub is this one, with a cache of its own; gives what it printed.

        Raises:
            RuntimeError: it failed; what it wrote to stderr is in the message.
        """
        settings = {
            "HF_ENDPOINT": self.url,
            "HF_TOKEN": "hf_of_the_tests",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_OFFLINE": "0",
            "HF_DATASETS_OFFLINE": "0",
            "HF_EVALUATE_OFFLINE": "0",
            "HF_HOME": self._home.name,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        result = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={**os.environ, **settings, **environment},
            cwd=self._home.name,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if result.returncode:
            raise RuntimeError(f"exit code {result.returncode}\n{result.stdout}\n{result.stderr}")
        return result.stdout

    def forget_downloads(self):
        """Empties the cache of what `run` has downloaded."""
        for path in sorted(Path(self._home.name).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: LoopbackHub

    def log_message(self, *_):
        pass

    def answer(self):
        address = urlsplit(self.path)
        self.query = parse_qs(address.query)
        self.data = self._body()
        try:
            with self.hub.lock:
                self.hub.requests.append((self.command, self.path))
                self._route(address.path)
        except Refused as refused:
            headers = {"X-Error-Code": refused.code, "X-Error-Message": str(refused)} if refused.code else {}
            self._send({"error": str(refused)}, refused.status, headers)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        data = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def _send(self, content=b"", status=200, headers=None, kind="application/json"):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _json(self):
        return json.loads(self.data or b"{}")

    def _check_token(self):
        if not self.headers.get("Authorization", "").startswith("Bearer "):
            raise Refused(401, message="Invalid username or password.")

    def _repo(self, kind, name):
        repo = self.hub.repos.get((kind, name))
        if repo is None:
            raise Refused(404, "RepoNotFound", "Repository not found")
        if repo.private:
            self._check_token()
        return repo

    def _route(self, path):
        if path == "/api/whoami-v2":
            self._check_token()
            token = {"type": "access_token", "accessToken": {"role": "write", "displayName": "test"}}
            self._send({"type": "user", "id": "1", "name": USER, "fullname": USER, "orgs": [], "auth": token})
        elif path == "/api/validate-yaml":
            self._send({"errors": [], "warnings": []})
        elif path in ("/api/repos/create", "/api/repos/delete"):
            self._create_or_delete(path.endswith("create"))
        elif found := re.fullmatch(r"/lfs/(\w{64})", path):
            self._upload(found[1])
        elif found := re.fullmatch(rf"{FILES}\.git/info/lfs/objects/batch", path):
            self._announce_uploads(found["kind"] or "models", found["name"])
        elif found := re.fullmatch(rf"{FILES}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", path):
            self._file(found["kind"] or "models", found["name"], found["revision"], unquote(found["path"]))
        elif found := re.fullmatch(ABOUT_A_REPO, path):
            repo, what = self._repo(found["kind"], found["name"]), found["what"]
            if what in (None, "revision"):
                self._describe(found["name"], repo, found["of"])
            elif what in ("branch", "tag"):
                self._point(repo, what, found["of"])
            elif what == "commit":
                self._commit(repo, found["of"], found["kind"], found["name"])
            else:
                operation = getattr(self, f"_{what.replace('-', '_')}")
                operation(repo, found["of"], unquote(found["path"] or "").strip("/"))
        else:
            raise Refused(404, message=f"this Hub knows no {self.command} {path}")

    def _create_or_delete(self, create):
        self._check_token()
        asked = self._json()
        kind = (asked.get("type") or "model") + "s"
        name = f"{asked.get('organization') or USER}/{asked['name']}"
        url = f"{self.hub.url}/{'' if kind == 'models' else kind + '/'}{name}"
        if not create:
            self._repo(kind, name)
            del self.hub.repos[kind, name]
            self._send({})
        elif (kind, name) in self.hub.repos:
            self._send({"error": "You already created this model repo", "url": url}, 409)
        else:
            private = asked.get("visibility") == "private" or bool(asked.get("private"))
            self.hub.repos[kind, name] = Repo(private)
            self._send({"url": url, "name": name, "id": name})

    def _describe(self, name, repo, revision):
        commit, files = repo.find(revision)
        described = {"_id": name, "id": name, "modelId": name, "sha": commit, "private": repo.private}
        described |= {"author": name.split("/")[0], "tags": [], "downloads": 0, "likes": 0, "gated": False}
        described |= {"disabled": False, "createdAt": _TIME, "lastModified": _TIME}
        described["siblings"] = [{"rfilename": path, "size": len(files[path].data)} for path in sorted(files)]
        self._send(described)

    def _refs(self, repo, *_):
        kinds = {"branches": ("heads", repo.branches), "tags": ("tags", repo.tags)}
        found = {
            kind: [{"name": name, "ref": f"refs/{ref}/{name}", "targetCommit": at} for name, at in table.items()]
            for kind, (ref, table) in kinds.items()
        }
        self._send({**found, "converts": []})

    def _commits(self, repo, *_):
        authors = [{"user": USER}]
        self._send(
            [
                {"id": name, "title": title, "message": "", "date": _TIME, "authors": authors}
                for name, title in reversed(repo.titles)
            ]
        )

    def _point(self, repo, what, of):
        self._check_token()
        table = repo.branches if what == "branch" else repo.tags
        asked = self._json()
        name = unquote(of) if what == "branch" or self.command == "DELETE" else asked["tag"]
        if self.command == "DELETE":
            table.pop(name, None)
        elif name in table:
            raise Refused(409, message="Reference already exists")
        else:
            table[name] = repo.find(asked.get("startingPoint") or (of if what == "tag" else "main"))[0]
        self._send({})

    def _preupload(self, repo, revision, _):
        self._check_token()
        commit, files = repo.find(revision)
        answers = []
        for file in self._json()["files"]:
            large = file["path"].endswith(LARGE) or b"\0" in base64.b64decode(file["sample"])
            there = files.get(file["path"])
            mode = "lfs" if large else "regular"
            oid = there.etag if there else None
            answers.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self._send({"files": answers, "commitOid": commit})

    def _announce_uploads(self, kind, name):
        self._check_token()
        self._repo(kind, name)
        answers = []
        for wanted in self._json()["objects"]:
            link = {"href": f"{self.hub.url}/lfs/{wanted['oid']}", "header": {}}
            actions = {} if wanted["oid"] in self.hub.uploads else {"actions": {"upload": link, "verify": link}}
            answers.append({**wanted, "authenticated": True, **actions})
        self._send({"transfer": "basic", "objects": answers}, kind="application/vnd.git-lfs+json")

    def _check_sound(self, operation):
        self.hub.asked[operation] += 1
        if (operation, self.hub.asked[operation]) in self.hub.broken:
            raise Refused(403, message="the storage is full")

    def _upload(self, sha256):
        if self.command == "PUT":
            self._check_sound("upload")
            if hashlib.sha256(self.data).hexdigest() != sha256:
                raise Refused(400, message="the file is not the one that was announced")
            self.hub.uploads[sha256] = self.data
        elif self._json().get("size") != len(self.hub.uploads.get(sha256, b"")):
            raise Refused(404, message="no such upload")
        self._send({})

    def _commit(self, repo, branch, kind, name):
        self._check_token()
        self._check_sound("commit")
        branch = unquote(branch)
        before, files = repo.find(branch)
        if branch not in repo.branches:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {branch}")
        files, title = dict(files), ""
        for line in self.data.splitlines():
            action, value = (entry := json.loads(line))["key"], entry["value"]
            if action == "header":
                title = value.get("summary", "")
                if value.get("parentCommit") not in (None, before):
                    raise Refused(412, message="another commit came first")
            elif action == "file":
                files[value["path"]] = Blob(base64.b64decode(value["content"]))
            elif action == "lfsFile":
                if value["oid"] not in self.hub.uploads:
                    raise Refused(400, message=f"{value['path']} was not uploaded")
                files[value["path"]] = Blob(self.hub.uploads[value["oid"]], large=True)
            elif action == "deletedFile":
                if files.pop(value["path"], None) is None:
                    raise Refused(404, "EntryNotFound", f"{value['path']} does not exist")
            elif action == "deletedFolder":
                files = {path: blob for path, blob in files.items() if not path.startswith(f"{value['path']}/")}
        commit = repo.commit(branch, files, title)
        url = f"{self.hub.url}/{'' if kind == 'models' else kind + '/'}{name}/commit/{commit}"
        self._send({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def _paths_info(self, repo, revision, _):
        commit, files = repo.find(revision)
        asked = self._json()["paths"] if self.data[:1] == b"{" else parse_qs(self.data.decode()).get("paths", [])
        folders = _folders(files)
        self._send(
            [
                files[path].described(path) if path in files else {"type": "directory", "path": path, "oid": commit}
                for path in asked
                if path in files or path in folders
            ]
        )

    def _tree(self, repo, revision, folder):
        commit, files = repo.find(revision)
        folders, start = _folders(files), f"{folder}/" if folder else ""
        if folder and folder not in folders:
            raise Refused(404, "EntryNotFound", f"{folder} does not exist")
        deep = self.query.get("recursive", ["false"])[0].lower() in ("1", "true")

        def shown(path):
            return path.startswith(start) and (deep or "/" not in path.removeprefix(start))

        found = [{"type": "directory", "path": p, "oid": commit, "size": 0} for p in sorted(folders) if shown(p)]
        self._send(found + [files[path].described(path) for path in sorted(files) if shown(path)])

    def _file(self, kind, name, revision, path):
        commit, files = self._repo(kind, name).find(revision)
        headers = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if path not in files:
            missing = {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"}
            self._send(b"Entry not found", 404, headers | missing, "text/plain")
            return
        blob = files[path]
        headers |= {"ETag": f'"{blob.etag}"', "X-Linked-Etag": f'"{blob.etag}"', "X-Linked-Size": str(len(blob.data))}
        data, status = blob.data, 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked and self.command == "GET":
            first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
            if first > last:
                self._send(b"", 416, headers | {"Content-Range": f"bytes */{len(data)}"})
                return
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            data, status = data[first : last + 1], 206
        self._send(data, status, headers, "application/octet-stream")


_TIME = "2025-01-01T00:00:00.000Z"


def _folders(files):
    return {"/".join(path.split("/")[:depth]) for path in files for depth in range(1, path.count("/") + 1)}
