/** Devices of QEMU's (10.0, riscv64) that are not built: who asks for one hears that, and not that there is no such thing. */

// prettier-ignore
const FAMILIES: readonly (readonly [what: string, names: RegExp])[] = [
  ['networking', /^(virtio-net|e1000|igb$|i8255\d|i82562$|i82801$|ne2k_pci$|rocker$|rtl8139$|tulip$|usb-net$|vmxnet3$|ctucan|kvaser_pci$|mioe3680|pcm3680)/],
  ['graphics', /^(virtio-gpu|virtio-vga|vhost-user-(gpu|vga)|VGA$|secondary-vga$|ati-vga$|bochs-display$|cirrus-vga$|ramfb$)/],
  ['keyboards, mice and tablets', /^(virtio-(keyboard|mouse|tablet|multitouch|input)|vhost-user-input|usb-(kbd|mouse|tablet|wacom))/],
  ['shared folders', /^(virtio-9p|vhost-user-fs|usb-mtp$)/],
  ['sound', /^(virtio-sound|vhost-user-snd|AC97$|ac97$|ES1370$|es1370$|hda-|intel-hda$|ich9-intel-hda$|usb-audio$)/],
  ['disks but those of virtio-blk', /^(nvme|virtio-scsi|vhost-(user-)?(scsi|blk)|scsi-|ahci$|ich9-ahci$|ide-|megasas|mptsas1068$|lsi$|lsi53c895a$|am53c974$|dc390$|pvscsi$|ufs|sd-card|sdhci-pci$|usb-(bot|storage|uas)$)/],
  ['USB', /^(usb-|u2f-|qemu-xhci$|nec-usb-xhci$|pci-ohci$|ich9-usb|piix\d-usb|ccid-card)/],
  ['SPI flash', /^(\d+s33b|25csm04|at(25|26|45)|en25|gd25|is25|m(25|45)p|mt(25|35)|mx(25|66)|n25q|s25|s70f|sst25|w25)/],
  ['IOMMUs', /^(virtio-iommu|\w+-iommu-pci$)/],
  ['vsock', /^vhost-(user-)?vsock/],
  ['that device', /^(virtio-(balloon|crypto)|ipoctal232$|tpci200$|vhost-|vfio-|ivshmem-|guest-loader$|i2c-|ioh3420$|i82801b11-bridge$|pci-bridge-seat$|pcie-pci-bridge$|pci-serial-[24]x$|pvpanic-pci$|tpm-tis-device$|uefi-vars-|vmcoreinfo$|x3130-upstream$|xio3130-downstream$|acpi-erst$)/],
];

/** What a device belongs to that QEMU has; undefined: it has none of that name either, or it is built. */
export const absentFamily = (driver: string): string | undefined => FAMILIES.find(([, names]) => names.test(driver))?.[0];
