from page.main import start

start()
