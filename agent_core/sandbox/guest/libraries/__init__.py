"""The packages for data: which there are, how they print, and what they need to work here.

data_packages: their modules. library_settings: how they print. library_repairs: what would fail in a worker, with
loaded_libraries, processors, thread_semaphores, video_writer. after_import: applies both. fonts: for the world's
scripts.
"""
