"""A real SMTP server for tests: says where it listens, then each message that it takes, a line of JSON each.

It ends with its standard input, so that it never outlives the test that started it. What it does is told by
flags: it asks for this user and password, refuses this recipient for good or for now, or offers STARTTLS with
this certificate.
"""

import argparse
import asyncio
import json
import logging
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult


def say(what):
    print(json.dumps(what), flush=True)


class Taker:
    """Takes messages."""

    def __init__(self, options):
        self.options = options

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address == self.options.refuse:
            return "550 5.1.1 nobody has this address"
        if address == self.options.defer:
            return "451 4.3.0 come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        say(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "data": envelope.content.decode("utf-8"),
                "user": session.auth_data,
                "tls": session.ssl is not None,
            }
        )
        return "250 OK"


def main():
    # It says that passwords without TLS are unsafe, which the tests ask it for.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser()
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--refuse")
    parser.add_argument("--defer")
    parser.add_argument("--certificate", nargs=2, metavar=("CHAIN", "KEY"))
    options = parser.parse_args()

    def authenticate(server, session, envelope, mechanism, credentials):
        user, password = credentials.login.decode(), credentials.password.decode()
        if (user, password) == (options.user, options.password):
            return AuthResult(success=True, auth_data=user)
        # A careless server: it repeats what it refuses.
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 not {user}:{password}")

    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.certificate)

    def session():
        return SMTP(
            Taker(options),
            hostname="mail.example.com",
            authenticator=authenticate,
            auth_required=options.user is not None,
            auth_require_tls=False,
            tls_context=context,
            enable_SMTPUTF8=True,
        )

    async def serve():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(session, "127.0.0.1", 0)
        say({"port": server.sockets[0].getsockname()[1]})
        await loop.run_in_executor(None, sys.stdin.read)

    asyncio.run(serve())


main()
