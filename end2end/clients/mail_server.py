"""A mail server on this machine: mail_server.py [PORT]. Says its port, then each mail as a line of JSON.

It refuses for good whoever is called "nobody", and for now whoever is called "later".
"""

import asyncio
import email
import email.policy
import json
import sys

from aiosmtpd.smtp import SMTP


class Mails:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later"):
            return "451 4.3.0 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "to": envelope.rcpt_tos,
            "from": mail["from"],
            "subject": mail["subject"],
            "text": mail.get_content(),
        }
        print(json.dumps(told), flush=True)
        return "250 OK"


async def serve(port):
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Mails()), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
