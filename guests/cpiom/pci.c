/* The bus: who is on it, and where the slave's parts go. */
#include "board.h"

static void address(unsigned slot, unsigned at) { set(CONFIG, 0x80000000u | slot << 11 | at); }
uint32_t pci_read(unsigned slot, unsigned at) { address(slot, at); return get_le(CONFIG + 4); }
void pci_write(unsigned slot, unsigned at, uint32_t value) { address(slot, at); set_le(CONFIG + 4, value); }

int pci_setup(void) {
  if (pci_read(1, 0) != 0x4d581057) return -1;
  pci_write(1, 0x14, DATA_FLASH);
  pci_write(1, 0x18, EEPROM);
  pci_write(1, 0x1c, REGISTERS);
  return 0;
}

void pci_list(void) {
  for (unsigned slot = 0; slot < 32; slot++) {
    uint32_t id = pci_read(slot, 0);
    if (id == NONE) continue;
    print("00:%02x.0 %04x:%04x class %06x command %04x", slot, id & 0xffff, id >> 16, pci_read(slot, 8) >> 8, pci_read(slot, 4) & 0xffff);
    for (unsigned bar = 0; bar < 4; bar++) print(" %08x", pci_read(slot, 0x10 + 4 * bar));
    print("\n");
  }
  set(CONFIG + 0x24, 1);                         /* nobody answered: seen */
}
