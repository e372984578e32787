"""``cbamgw serve``: the PACT host, or a sandbox of it."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.common import EXIT_OK, language
from gateway.cli.keys import PassphraseFile, signing_key
from gateway.cli.output import write_out
from gateway.cli.stores import DatabaseUrl, SecretFile, secret_of, store_of
from gateway.formats.files import read_input, reasons
from gateway.model.finding import Refused, finding
from gateway.trust.envelope import system_clock
from gateway.trust.keys import MAX_KEY_FILE

if TYPE_CHECKING:
    from gateway.service.metrics import Metrics
    from gateway.service.settings import Settings
    from gateway.service.tls import Tls

PublicBaseUrl = Annotated[
    str | None,
    typer.Option("--public-base-url", metavar="URL", help="How others reach this host: https://NAME."),
]
AllowedHost = Annotated[
    list[str] | None, typer.Option("--allowed-host", metavar="NAME", help="A further name of this host.")
]
TlsCert = Annotated[Path | None, typer.Option("--tls-cert", metavar="FILE", help="Certificate chain (PEM).")]
TlsKey = Annotated[
    Path | None, typer.Option("--tls-key", metavar="FILE", help="Its private key (PEM), mode 0600.")
]
TlsPassphraseFile = Annotated[
    str, typer.Option("--tls-passphrase-file", help="File whose first line is the TLS key's passphrase.")
]
TlsCertOut = Annotated[
    str, typer.Option("--tls-cert-out", metavar="FILE", help="Write the self-signed certificate here.")
]
BehindProxy = Annotated[
    list[str] | None,
    typer.Option("--behind-proxy", metavar="NETWORK", help="Proxies that end TLS, e.g. 10.0.0.0/24."),
]
MetricsPort = Annotated[
    int | None, typer.Option("--metrics-port", help="Prometheus figures on 127.0.0.1 at this port.")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("serve", epilog="Example: cbamgw serve --tls-cert chain.pem --tls-key host.key")(_serve)


def _serve(
    ctx: typer.Context,
    demo: Annotated[
        bool, typer.Option("--demo", help="A sandbox with made-up footprints and a client; keeps nothing.")
    ] = False,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Where to listen. Default: 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Port; 0 takes a free one. Default: 8443.")
    ] = None,
    public_base_url: PublicBaseUrl = None,
    allowed_host: AllowedHost = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    tls_passphrase_file: TlsPassphraseFile = "",
    tls_self_signed: Annotated[
        bool, typer.Option("--tls-self-signed", help="A certificate made now, for development.")
    ] = False,
    tls_cert_out: TlsCertOut = "",
    behind_proxy: BehindProxy = None,
    metrics_port: MetricsPort = None,
    sign: Annotated[
        str, typer.Option("--sign", metavar="KEY", help="Key for what this host itself publishes.")
    ] = "",
    passphrase_file: PassphraseFile = "",
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings in TOML.")] = None,
    database_url: DatabaseUrl = None,
    secret_file: SecretFile = None,
) -> None:
    """Serve footprints by the PACT API, versions 3 and 2, over TLS only. SIGTERM ends it in order."""
    from gateway.service.settings import load_settings

    _refuse_contradictions(ctx)
    named = {"host": host, "port": port, "public_base_url": public_base_url, "metrics_port": metrics_port}
    settings = load_settings(
        config, **named, allowed_hosts=allowed_host or None, behind_proxy=behind_proxy or None
    )
    key = signing_key(sign, passphrase_file)
    tls = _tls(
        settings, tls_cert, tls_key, tls_passphrase_file, made=tls_self_signed or (demo and tls_cert is None)
    )
    if tls is not None and tls_cert_out:
        write_out(tls_cert_out, tls.certificate, force=True)
    if demo:
        _sandbox(settings, tls)
        return
    with store_of(database_url) as store:
        _run(settings, tls, (store, settings, secret_of(secret_file), key), _say_where)


NEEDED = {
    "tls_passphrase_file": "tls_key",
    "tls_cert_out": "tls_self_signed",
    "passphrase_file": "sign",
}
"""Options that mean something only beside another one; of no use alone, they show that something else was meant."""

KEPT_OUT = ("sign", "database_url", "secret_file", "behind_proxy")
"""What a sandbox has of its own or does without; in the environment it may stand for the other verbs."""


def _refuse_contradictions(ctx: typer.Context) -> None:
    """Wrong usage where an option that was typed would be passed over in silence."""
    sources = {name: ctx.get_parameter_source(name) for name in ctx.params}
    given = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
    given |= {"tls_self_signed"} if "demo" in given and "tls_cert" not in given else set()
    for name, other in NEEDED.items():
        if name in given and other not in given:
            raise typer.BadParameter(f"{_option(name)} needs {_option(other)}")
    for name in KEPT_OUT:
        if {"demo", name} <= given:
            raise typer.BadParameter(f"--demo and {_option(name)} exclude each other")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _tls(
    settings: Settings, certificate: Path | None, key: Path | None, passphrase_file: str, *, made: bool
) -> Tls | None:
    """How TLS comes about: by files, by a certificate made now, or, None, by a proxy in front."""
    from gateway.service.edge import LOOPBACK
    from gateway.service.tls import self_signed, tls_of_files

    both = made and (certificate is not None or bool(settings.behind_proxy))
    if (certificate is None) != (key is None) or both:
        raise Refused(finding("SERVE-TLS-OPTIONS", stage="serve"))
    now = system_clock()
    if certificate is not None and key is not None:
        lines = read_input(passphrase_file, MAX_KEY_FILE).splitlines() if passphrase_file else []
        return tls_of_files(certificate, key, next(iter(lines), None), now)
    if made:
        named = () if settings.host in ("0.0.0.0", "::", "") else (settings.host,)  # noqa: S104
        return self_signed(tuple(dict.fromkeys((*LOOPBACK, *named, *settings.allowed_hosts))), now)
    if not settings.behind_proxy:
        raise Refused(finding("SERVE-NO-TLS", stage="serve"))
    return None


def _run(
    settings: Settings, tls: Tls | None, parts: tuple[Any, ...], ready: Callable[[str, Tls | None], None]
) -> None:
    """Serve until told to stop."""
    from gateway.service.app import make_app
    from gateway.service.edge import Edge
    from gateway.service.logs import set_up_logs
    from gateway.service.metrics import Metrics
    from gateway.service.serve import allow_files, bind, server_of
    from gateway.service.work import event_workers, source_of

    store, named, secret, _ = parts
    names = tls.names if tls else ()
    if not Edge(named, names).names:
        raise Refused(finding("SERVE-HOSTS", stage="serve"))
    bound = bind(settings)
    port = bound.getsockname()[1]
    source = source_of(named, names, port)
    metrics = Metrics()
    workers = event_workers(store, named, secret, source, metrics)
    app = make_app(*parts, names=names, workers=workers, metrics=metrics)
    set_up_logs()
    allow_files(settings.max_connections)
    if settings.metrics_port is not None:
        _serve_metrics(metrics, settings.metrics_port)
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"{'https' if tls else 'http'}://{name}:{port}"
    server_of(app, settings, bound, tls, lambda: ready(url, tls)).run()


def _serve_metrics(metrics: Metrics, port: int) -> None:
    try:
        metrics.serve(port)
    except OSError as error:
        place = f"127.0.0.1:{port}"
        raise Refused(finding("SERVE-PORT", stage="serve", place=place, **reasons(error))) from None


def _say_where(url: str, tls: Tls | None) -> None:
    chinese = language() == "zh"
    typer.echo(f"{'服务地址' if chinese else 'Serving at'} {url}")
    if tls is not None:
        typer.echo(f"{'证书 SHA-256 指纹' if chinese else 'Certificate SHA-256'} {tls.fingerprint}")


def _sandbox(settings: Settings, tls: Tls | None) -> None:
    """Everything in a folder that goes away with the process."""
    from gateway.service.demo import demo_store

    assert tls is not None
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(EXIT_OK)
    )  # until the server takes over: the folder goes too
    with tempfile.TemporaryDirectory(prefix="cbamgw-demo-") as name:
        folder = Path(name)
        write_out(str(folder / "demo.pem"), tls.certificate)
        base_url = settings.public_base_url or "https://localhost"
        store, secret, client, password = demo_store(folder, base_url)

        def ready(url: str, tls: Tls | None) -> None:
            _say_where(url, tls)
            _show_how(url, client.client_id, password, folder / "demo.pem")

        try:
            _run(settings, tls, (store, settings, secret, None), ready)
        finally:
            store.close()


def _show_how(url: str, client_id: str, password: str, certificate: Path) -> None:
    """Lines to copy: they need curl only. Secret and token go by files: a command line is seen by everybody."""
    chinese, folder = language() == "zh", certificate.parent
    login, bearer = folder / "login.txt", folder / "bearer.txt"
    write_out(str(login), f'user = "{client_id}:{password}"\n'.encode())
    typer.echo(f"{'客户编号' if chinese else 'Client id'} {client_id}")
    typer.echo(f"{'客户密钥' if chinese else 'Client secret'} {password}")
    typer.echo(f"{'证书' if chinese else 'Certificate'} {certificate}")
    typer.echo("复制以下命令试用：" if chinese else "To try it, copy these lines:")
    curl = f"curl -sS --cacert {certificate}"
    typer.echo(f"  TOKEN=$({curl} -K {login} -d grant_type=client_credentials {url}/auth/token \\")
    typer.echo("""    | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')""")
    typer.echo(f"""  printf 'header = "Authorization: Bearer %s"\\n' "$TOKEN" > {bearer}""")
    typer.echo(f"""  {curl} -i -K {bearer} '{url}/3/footprints?geography=DE&limit=2'""")
    typer.echo("按 Ctrl+C 结束。" if chinese else "Ctrl+C ends it.")
