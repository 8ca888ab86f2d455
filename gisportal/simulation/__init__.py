"""``manage.py simulate``: made-up people file real cases of all services and work on them, through the acts of the
engine and as the application's role, in several processes at once.

What a case meets is drawn from the seed, the client's number and the case's: the same numbers give the same requests,
whatever the other clients do meanwhile.
"""
