# sqlcipher3 mirrors the standard library's sqlite3 and carries no types of its own.
from sqlite3 import Connection as Connection
from sqlite3 import Cursor as Cursor
from sqlite3 import DatabaseError as DatabaseError
from sqlite3 import Error as Error
from sqlite3 import IntegrityError as IntegrityError
from sqlite3 import OperationalError as OperationalError
from sqlite3 import Row as Row
from sqlite3 import complete_statement as complete_statement
from sqlite3 import connect as connect
