"""The column with a person's chats.

routes       what the column reads and changes, as JSON, and its own files
column.html  its parts
column.css   its looks
column.js    loads the list, keeps it in step, and does what a person asks for
rows.js      draws the list and moves the focus in it
groups.js    under which heading a chat stands
files.js     a chat as a file, from a file, and as a replay
menu.js      the menu of a chat, and that at the foot
drawer.js    shows and hides the column
"""
