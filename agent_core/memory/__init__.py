"""What an agent remembers of a chat, and what a model is sent of it.

turns are the data, memory keeps them, messages writes them for a model. observation says what the model reads of a
finished step, library_texts what of a table or a picture, images what it sees. window knows how much fits, compaction
makes old steps shorter.
"""
