"""Chats that last: kept in a database, with what is large in files beside it. It needs the extra "store".

store: the public class. database: the connection and its failures. tables: what the database holds. migrations/: how
older databases become that. rows: a chat as rows; chat_rows: writes and reads them. contents: large texts and pictures
as files. recorder: writes a chat while its run goes on.
"""
