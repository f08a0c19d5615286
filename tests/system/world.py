class World: pass
